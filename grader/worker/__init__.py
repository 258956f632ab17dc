"""Run student code in a locked process: the only room that touches student objects."""
