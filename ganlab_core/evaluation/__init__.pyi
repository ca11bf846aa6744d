from .distances import LITE0_BATCH as LITE0_BATCH
from .distances import general_sight as general_sight
from .distances import (
    kernel_distance as kernel_distance,
)
from .distances import (
    lite0_features as lite0_features,
)
from .distances import lite0_lens as lite0_lens
from .distances import (
    load_lite0 as load_lite0,
)
from .distances import sliced_wasserstein as sliced_wasserstein
from .measures import (
    STEPS as STEPS,
)
from .measures import (
    Classifier as Classifier,
)
from .measures import (
    Measure as Measure,
)
from .measures import (
    accuracy as accuracy,
)
from .measures import (
    class_labels as class_labels,
)
from .measures import (
    diversity as diversity,
)
from .measures import (
    feature_measures as feature_measures,
)
from .measures import (
    nearest as nearest,
)
from .measures import (
    pixel_measures as pixel_measures,
)
from .measures import (
    resized as resized,
)
from .measures import (
    sample as sample,
)
from .measures import (
    train_classifier as train_classifier,
)
