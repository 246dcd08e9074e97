"""The kinds of rules as values, one file each; `traymail.core.kinds` is how they are configured."""
