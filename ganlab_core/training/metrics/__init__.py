"""Distances between two sets of pictures: sliced Wasserstein and the kernel distance."""
