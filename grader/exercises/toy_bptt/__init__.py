"""Sheet 000: full and truncated BPTT on h_t = h_{t-1} + theta."""
