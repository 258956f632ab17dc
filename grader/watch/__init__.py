"""Grade a folder again at every save, and show what has changed."""
