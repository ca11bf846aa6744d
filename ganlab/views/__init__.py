"""Widgets that only look: the picture, a run's sample sheet, the bars around them."""
