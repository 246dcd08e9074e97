"""The mail button of the desktop: quick send, drop folders and log alerts through one outbox."""

__version__ = "0.1.0"
