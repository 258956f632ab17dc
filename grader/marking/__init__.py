"""Keep what people decide: marks, rubric items, overrides, and who did what when."""
