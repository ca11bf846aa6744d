"""The two players of each architecture, G and D, as the trainer sees them."""
