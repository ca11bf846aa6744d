"""What all tests share: examples that hypothesis makes may take as long as a busy machine needs."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("ganlab", deadline=None, max_examples=50)
settings.load_profile("ganlab")
