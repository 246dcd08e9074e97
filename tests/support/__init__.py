"""Real things for tests: servers, certificates, sessions, folders."""
