from .directions import (
    Direction as Direction,
)
from .directions import (
    DirectionSet as DirectionSet,
)
from .directions import (
    check_fits as check_fits,
)
from .directions import (
    keep_directions as keep_directions,
)
from .directions import (
    kept_directions as kept_directions,
)
from .directions import (
    load_directions as load_directions,
)
from .directions import (
    save_directions as save_directions,
)
from .inspector import Inspector as Inspector
from .questions import (
    PSIS as PSIS,
)
from .questions import (
    Answer as Answer,
)
from .questions import (
    AttentionHeat as AttentionHeat,
)
from .questions import (
    CompareNoise as CompareNoise,
)
from .questions import (
    Effects as Effects,
)
from .questions import (
    FindDirections as FindDirections,
)
from .questions import (
    LayerDifferences as LayerDifferences,
)
from .questions import (
    LeaveOut as LeaveOut,
)
from .questions import (
    MapNetwork as MapNetwork,
)
from .questions import (
    Maps as Maps,
)
from .questions import (
    MeasureEffects as MeasureEffects,
)
from .questions import (
    NetworkFacts as NetworkFacts,
)
from .questions import (
    NoiseComparison as NoiseComparison,
)
from .questions import (
    PsiStrip as PsiStrip,
)
from .questions import (
    Question as Question,
)
from .questions import (
    SeeAttention as SeeAttention,
)
from .questions import (
    SeeMaps as SeeMaps,
)
from .questions import (
    SeeSpectrum as SeeSpectrum,
)
from .questions import (
    Spectrum as Spectrum,
)
from .questions import (
    StageFacts as StageFacts,
)
from .questions import (
    TryPsis as TryPsis,
)
from .questions import (
    without_gains as without_gains,
)
