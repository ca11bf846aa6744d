from .beat_clock import BeatClock as BeatClock
from .desk_controls import (
    DeskControl as DeskControl,
)
from .desk_controls import (
    controls_of as controls_of,
)
from .desk_controls import (
    find_control as find_control,
)
from .expression import (
    FUNCTIONS as FUNCTIONS,
)
from .expression import (
    VARIABLES as VARIABLES,
)
from .expression import (
    Expression as Expression,
)
from .expression import (
    read_expression as read_expression,
)
from .mapping import (
    BankScene as BankScene,
)
from .mapping import (
    Mapping as Mapping,
)
from .mapping import (
    PerformanceMap as PerformanceMap,
)
from .mapping import (
    Transition as Transition,
)
from .mapping import (
    read_map as read_map,
)
from .mapping import (
    write_map as write_map,
)
from .modulators import Modulator as Modulator
from .performer import Performer as Performer
from .performer import Played as Played
from .signal_board import Signal as Signal
from .signal_board import SignalBoard as SignalBoard
from .transform import CURVES as CURVES
from .transform import Transform as Transform
from .transform import TransformRun as TransformRun
