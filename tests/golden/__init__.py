"""Outputs of published code, and what our networks make of the same inputs."""
