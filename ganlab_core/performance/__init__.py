"""Performance: what moves a Recipe from outside, and the recording of what was played.

Devices put signals on a board from threads of their own. A `Performer` takes them when a frame begins,
sends each through its mapping to a control of the desk, and answers with a Recipe. Offline the same
`Performer` hears a sound file. What was played becomes a Timeline.

What others use of it stands in `__init__.pyi`; each part is loaded when it is first asked for.
"""

from ganlab_core.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
