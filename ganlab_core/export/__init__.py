"""Export: pictures, sheets and films with their Recipes inside, read back as well.

What others use of it stands in `__init__.pyi`; each part is loaded when it is first asked for.
"""

from ganlab_core.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
