"""Check and compare: what the tests of exercises call."""
