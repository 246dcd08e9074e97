"""The package for Debian, and what a server needs."""
