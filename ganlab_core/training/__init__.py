"""One training run: config, schedule, losses, the loop, and the run folder."""
