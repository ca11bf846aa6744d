"""The published architectures, one file each, written to read like their papers."""
