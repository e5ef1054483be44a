"""What to write instead of a statement that others would have to wait for, with the reader's own names."""
