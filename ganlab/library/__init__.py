"""What a person has: models, favourites, history, presets, comparisons."""
