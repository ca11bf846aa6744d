from .audio_features import AudioAnalyser as AudioAnalyser
from .audio_features import Heard as Heard
from .audio_features import Samples as Samples
from .desk_controls import (
    DeskControl as DeskControl,
)
from .desk_controls import (
    controls_of as controls_of,
)
from .desk_controls import (
    find_control as find_control,
)
from .devices import (
    OSC_PORT as OSC_PORT,
)
from .devices import (
    AudioInput as AudioInput,
)
from .devices import (
    CameraInput as CameraInput,
)
from .devices import (
    DeviceHub as DeviceHub,
)
from .devices import (
    DeviceState as DeviceState,
)
from .devices import (
    GamePads as GamePads,
)
from .devices import (
    MidiInputs as MidiInputs,
)
from .devices import (
    OscInput as OscInput,
)
from .devices import (
    OscOutput as OscOutput,
)
from .devices import (
    VirtualCamera as VirtualCamera,
)
from .devices import (
    performance_clock as performance_clock,
)
from .devices import (
    write_picture as write_picture,
)
from .mapping import (
    BankScene as BankScene,
)
from .mapping import (
    Mapping as Mapping,
)
from .mapping import Modulator as Modulator
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
from .performer import Performer as Performer
from .performer import Played as Played
from .performer import song_recipes as song_recipes
from .recording import GOOD_TOLERANCE as GOOD_TOLERANCE
from .recording import (
    RECORDING_SUFFIX as RECORDING_SUFFIX,
)
from .recording import (
    Take as Take,
)
from .recording import (
    TakeWriter as TakeWriter,
)
from .recording import Thinned as Thinned
from .recording import (
    WavWriter as WavWriter,
)
from .recording import (
    read_take as read_take,
)
from .recording import (
    sound_beside as sound_beside,
)
from .recording import thinned as thinned
from .signals import BeatClock as BeatClock
from .signals import Signal as Signal
from .signals import SignalBoard as SignalBoard
from .transform import CURVES as CURVES
from .transform import (
    FUNCTIONS as FUNCTIONS,
)
from .transform import (
    VARIABLES as VARIABLES,
)
from .transform import (
    Expression as Expression,
)
from .transform import Transform as Transform
from .transform import TransformRun as TransformRun
from .transform import (
    read_expression as read_expression,
)
