"""What a migration claims of itself, tried on a throw-away database: one file a claim, one frame around them."""
