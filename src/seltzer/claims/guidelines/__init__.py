"""What only text can show: the conventions of the files, and their documentation. One file a rule, or a family."""
