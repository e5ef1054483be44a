"""Other people's frameworks: the only room that imports them."""
