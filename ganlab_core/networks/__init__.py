"""The published architectures, one file each, top to bottom like their papers; layers they share."""
