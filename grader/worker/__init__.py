"""Student code runs here, in a process of its own; the judge holds only a handle to it."""
