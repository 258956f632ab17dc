"""Hold the plain data that every room uses; import no torch."""
