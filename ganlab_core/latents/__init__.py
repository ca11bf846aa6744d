"""Points of Z and W: sampling, truncation and mixing."""
