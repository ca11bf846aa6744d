"""Looking inside a network: feature maps, attention, directions, noise, truncation, spectra."""
