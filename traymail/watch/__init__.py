"""What is seen: folders and logs."""
