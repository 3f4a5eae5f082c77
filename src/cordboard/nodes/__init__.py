"""Starting and stopping what Cordboard stands on: PostgreSQL, Asterisk, and the Debian packages they come from."""
