"""Data: a folder, a zip or a video as uint8 pictures with labels, prepared once, and what is wrong with it.

What others use of it stands in `__init__.pyi`; each part is loaded when it is first asked for.
"""

from ganlab_core.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
