"""Grade many submissions: archives in, one JSON a submission out, here or on a cluster."""
