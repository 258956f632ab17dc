"""Sheet 001: chunks, warm-up, stateful chunks and the exact sliding window of truncated BPTT."""
