"""What the system offers: paths, clock, language, single instance."""
