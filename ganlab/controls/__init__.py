"""Widgets that know Qt and nothing of generators: sliders, toggles, seed entry, thumbnails."""
