"""Published checkpoints: one layout per file, and the one unpickler, which runs nothing."""
