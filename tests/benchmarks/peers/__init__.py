"""Compare this kit with its peers, on one small assignment."""
