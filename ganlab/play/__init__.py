"""What a person plays with: the desk with its strips, the master panel, classes, saving."""
