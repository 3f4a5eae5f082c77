"""The programs: web, switch, worker, and the supervisor that runs them all."""
