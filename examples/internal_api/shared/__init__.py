"""What the parts of the service share."""
