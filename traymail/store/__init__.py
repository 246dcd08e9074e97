"""What is kept: database, spool, configuration, secrets."""
