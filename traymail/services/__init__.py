"""What a user can do, once, for windows and commands; each service is one subject."""
