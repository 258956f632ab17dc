"""Adapters for course platforms: how each names people, takes grades, and takes feedback back."""
