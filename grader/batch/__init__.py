"""Grade many submissions: read a download, keep results, have reports written."""
