"""Qt widgets without GAN words."""
