"""The windows. They do not know each other: who needs another one calls what it was given."""
