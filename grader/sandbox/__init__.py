"""Start, ask, limit and end workers: the judge's side of the process boundary."""
