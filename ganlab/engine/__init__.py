"""Threads and processes that do the slow work; the only code of the window that reaches torch."""
