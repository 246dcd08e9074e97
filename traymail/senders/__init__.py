"""How mail leaves."""
