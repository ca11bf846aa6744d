from .class_accuracy import (
    STEPS as STEPS,
)
from .class_accuracy import (
    Classifier as Classifier,
)
from .class_accuracy import (
    accuracy as accuracy,
)
from .class_accuracy import (
    train_classifier as train_classifier,
)
from .kid import (
    kernel_distance as kernel_distance,
)
from .kid import (
    lite0_features as lite0_features,
)
from .kid import (
    load_lite0 as load_lite0,
)
from .measures import (
    Measure as Measure,
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
from .swd import sliced_wasserstein as sliced_wasserstein
