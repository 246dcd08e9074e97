"""Everything on this machine: an embedded SMTP sink and the tour."""
