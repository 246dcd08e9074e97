"""The package for Windows: what it is made of."""
