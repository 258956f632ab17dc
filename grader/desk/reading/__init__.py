"""Read one of a student's documents in a locked process: PDFs, notebooks, texts, pictures."""
