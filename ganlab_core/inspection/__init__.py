"""Looking inside a network: directions, feature maps, attention, noise, spectra, where time goes."""
