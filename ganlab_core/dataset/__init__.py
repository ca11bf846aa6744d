"""Pictures from a folder or zip, prepared once into a memory-mapped multi-resolution cache."""
