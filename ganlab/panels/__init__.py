"""Panels that show a Recipe and propose an edited one."""
