"""From a Recipe to a Frame: the stage chain, its cache, and the read-outs."""
