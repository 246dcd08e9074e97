"""What a user can do, once, for windows; each service is one subject of the running program."""
