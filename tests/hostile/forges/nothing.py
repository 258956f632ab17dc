# The wrong network alone: what its honest author earns, and no attack may earn more.
