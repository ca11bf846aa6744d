"""The desk: one channel strip per resolution of the generator."""
