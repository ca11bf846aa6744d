from .generators import (
    Pace as Pace,
)
from .generators import (
    circle as circle,
)
from .generators import (
    class_tour as class_tour,
)
from .generators import (
    growing as growing,
)
from .generators import (
    morph as morph,
)
from .generators import (
    psi_sweep as psi_sweep,
)
from .generators import (
    walk as walk,
)
from .timeline import EASINGS as EASINGS
from .timeline import (
    LARGEST_TIMELINE as LARGEST_TIMELINE,
)
from .timeline import (
    MADE_WITH as MADE_WITH,
)
from .timeline import (
    MEASURED_SIDE as MEASURED_SIDE,
)
from .timeline import (
    NOISES as NOISES,
)
from .timeline import (
    PARTS as PARTS,
)
from .timeline import (
    RATES as RATES,
)
from .timeline import (
    SPACES as SPACES,
)
from .timeline import (
    Keyframe as Keyframe,
)
from .timeline import Point as Point
from .timeline import (
    Timeline as Timeline,
)
from .timeline import (
    arc_of as arc_of,
)
from .timeline import (
    difference_of as difference_of,
)
from .timeline import (
    fps_shown as fps_shown,
)
from .timeline import (
    fps_text as fps_text,
)
from .timeline import (
    measured as measured,
)
from .timeline import (
    moving_lanes as moving_lanes,
)
from .timeline import (
    read_fps as read_fps,
)
from .timeline import segment_shares as segment_shares
