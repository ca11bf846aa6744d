from .atomic import (
    Whose as Whose,
)
from .atomic import (
    atomic_path as atomic_path,
)
from .atomic import (
    began as began,
)
from .atomic import (
    clear_away as clear_away,
)
from .atomic import (
    has_writer as has_writer,
)
from .atomic import (
    litter_in as litter_in,
)
from .atomic import (
    new_scratch as new_scratch,
)
from .atomic import (
    scratch_folder as scratch_folder,
)
from .atomic import (
    sweep as sweep,
)
from .atomic import (
    sweep_own_folders as sweep_own_folders,
)
from .atomic import (
    write_bytes_atomically as write_bytes_atomically,
)
from .confined import (
    LINK_REMEDY as LINK_REMEDY,
)
from .confined import (
    ConfinedFolder as ConfinedFolder,
)
from .confined import (
    UnsafePathError as UnsafePathError,
)
from .json_reader import (
    Fields as Fields,
)
from .json_reader import (
    JSONError as JSONError,
)
from .json_reader import (
    canonical_json as canonical_json,
)
from .json_reader import (
    check_range as check_range,
)
from .json_reader import (
    json_object as json_object,
)
from .json_reader import (
    load_json as load_json,
)
from .json_reader import (
    open_plain as open_plain,
)
from .json_reader import (
    parse_json as parse_json,
)
from .json_reader import (
    plain as plain,
)
from .json_reader import (
    read_up_to as read_up_to,
)
from .json_reader import (
    refuse_newer as refuse_newer,
)
from .json_reader import (
    tensor_header as tensor_header,
)
from .places import (
    bundled_models_dir as bundled_models_dir,
)
from .places import (
    bundled_pictures as bundled_pictures,
)
from .places import (
    cache_dir as cache_dir,
)
from .places import (
    config_dir as config_dir,
)
from .places import (
    documents_dir as documents_dir,
)
from .places import (
    favourites_dir as favourites_dir,
)
from .places import (
    is_programs_own as is_programs_own,
)
from .places import (
    known_runs_file as known_runs_file,
)
from .places import (
    pictures_dir as pictures_dir,
)
from .places import (
    presets_dir as presets_dir,
)
from .places import (
    resources_dir as resources_dir,
)
from .places import (
    runs_dir as runs_dir,
)
from .places import (
    scratch_dir as scratch_dir,
)
from .places import (
    user_models_dir as user_models_dir,
)
from .places import (
    videos_dir as videos_dir,
)
