"""The desktop application of ganlab: it knows Recipes, Frames and events, never a tensor."""
