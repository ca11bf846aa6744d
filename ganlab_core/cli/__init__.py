"""The command line: the whole job without a screen, one file per command."""
