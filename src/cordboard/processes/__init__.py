"""The programs: web, switch, worker, and the supervisor that runs them all."""

# The descriptor of the listening socket that the supervisor hands to every web process.
SOCKET_VARIABLE = "CORDBOARD_WEB_FD"
