"""Training: a new run, watching and steering one, the fade, all runs."""
