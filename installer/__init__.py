"""What builds the packages of traymail; nothing in traymail/ imports from here."""
