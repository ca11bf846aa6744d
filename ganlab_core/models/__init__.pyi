from .architectures import ARCHITECTURES as ARCHITECTURES
from .file import (
    FAULTS as FAULTS,
)
from .file import (
    Change as Change,
)
from .file import (
    add_discriminator as add_discriminator,
)
from .file import (
    base_of as base_of,
)
from .file import (
    fingerprint as fingerprint,
)
from .file import (
    from_generator as from_generator,
)
from .file import (
    keep_tuning as keep_tuning,
)
from .file import (
    load_model as load_model,
)
from .file import (
    open_tensors as open_tensors,
)
from .file import (
    phase_tensors as phase_tensors,
)
from .file import (
    probe_tensors as probe_tensors,
)
from .file import (
    probes_from as probes_from,
)
from .file import (
    read_discriminator as read_discriminator,
)
from .file import (
    read_tensors as read_tensors,
)
from .file import (
    save_model as save_model,
)
from .file import (
    tunable_base as tunable_base,
)
from .file import (
    update_provenance as update_provenance,
)
from .file import (
    with_change as with_change,
)
from .file import (
    write_tensors as write_tensors,
)
from .info import (
    DIRECTIONS as DIRECTIONS,
)
from .info import (
    PICKS as PICKS,
)
from .info import (
    THUMBNAIL as THUMBNAIL,
)
from .info import ModelInfo as ModelInfo
from .info import (
    Pick as Pick,
)
from .info import architecture_name as architecture_name
from .info import check_encodable as check_encodable
from .info import (
    picks as picks,
)
from .info import (
    plain_start as plain_start,
)
from .info import read_info as read_info
from .info import (
    reset_to as reset_to,
)
from .info import (
    start_recipe as start_recipe,
)
from .library import (
    SUFFIX as SUFFIX,
)
from .library import (
    checked_name as checked_name,
)
from .library import (
    find_models as find_models,
)
from .library import (
    looks_like_a_path as looks_like_a_path,
)
from .library import (
    missing as missing,
)
from .library import (
    model_names as model_names,
)
from .library import (
    named as named,
)
from .library import (
    names_beside as names_beside,
)
from .library import (
    resolve as resolve,
)
from .library import (
    run_of as run_of,
)
from .library import (
    suggested_name as suggested_name,
)
from .library import (
    tuning_name as tuning_name,
)
from .model import Model as Model
from .model import Network as Network
from .model import WeightBlend as WeightBlend
from .second import PARENTS as PARENTS
from .second import blended as blended
from .second import with_second as with_second
