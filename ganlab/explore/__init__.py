"""Ways through the latent space: walks, the map, the pad, variations, the curve of psi."""
