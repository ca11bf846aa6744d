"""Looking inside: directions, feature maps, attention, noise, truncation, spectra, the network."""
