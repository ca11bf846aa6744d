"""Threads that do the slow work; the only rooms of the window that reach torch."""
