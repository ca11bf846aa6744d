"""Measuring a model against real pictures: distances, variety, memorising, class accuracy."""
