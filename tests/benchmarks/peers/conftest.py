"""Keep the kit's own pytest away from the peers' tests."""

collect_ignore_glob = ["*"]
