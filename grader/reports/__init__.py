"""Make pages and tables from results, and read a person's marks."""
