"""Playing before others: devices that move the desk, scenes, recordings, and a window for the projector.

What others use of it stands in `__init__.pyi`; each part is loaded when it is first asked for.
"""

from ganlab_core.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
