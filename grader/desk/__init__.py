"""Show written answers in a browser, and keep what people decide about them."""
