"""The order of work: observations and commands in, events out."""
