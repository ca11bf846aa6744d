"""Where ganlab's files live: what travels with the program, and what belongs to the person.

`GANLAB_HOME` moves everything that belongs to the person into one folder (portable installs, tests).
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def resources_dir() -> Path:
    """The folder of bundled models and icons: inside the wheel, or beside the packages in a clone."""
    packed = Path(__file__).parents[1] / "_resources"
    return packed if packed.is_dir() else Path(__file__).parents[2] / "resources"


def bundled_models_dir() -> Path:
    """The folder of the models that come with the program."""
    return resources_dir() / "models"


def bundled_pictures() -> Path:
    """The pictures that come with the program, to watch a network learn: planets of 32 px, a zip."""
    return resources_dir() / "pictures" / "worlds-32.zip"


def user_models_dir() -> Path:
    """The folder where a person's own model files are listed from; it may not exist yet."""
    return _home("data", Path(platformdirs.user_data_dir("ganlab", appauthor=False))) / "models"


def runs_dir() -> Path:
    """The folder training runs are put into by the window; it may not exist yet."""
    return _home("data", Path(platformdirs.user_data_dir("ganlab", appauthor=False))) / "runs"


def known_runs_file() -> Path:
    """The list of the runs a person has begun or opened, wherever they lie; it may not exist yet."""
    return _home("data", Path(platformdirs.user_data_dir("ganlab", appauthor=False))) / "runs.jsonl"


def favourites_dir() -> Path:
    """The folder of the pictures a person keeps; it may not exist yet."""
    return _home("data", Path(platformdirs.user_data_dir("ganlab", appauthor=False))) / "favourites"


def presets_dir() -> Path:
    """The folder of a person's presets; it may not exist yet."""
    return _home("data", Path(platformdirs.user_data_dir("ganlab", appauthor=False))) / "presets"


def pictures_dir() -> Path:
    """The folder that pictures are offered to be saved in; it may not exist yet."""
    return _shared("pictures", platformdirs.user_pictures_path())


def videos_dir() -> Path:
    """The folder that films are offered to be saved in; it may not exist yet."""
    return _shared("videos", platformdirs.user_videos_path())


def documents_dir() -> Path:
    """The folder that other files are offered to be saved in; it may not exist yet."""
    return _shared("documents", platformdirs.user_documents_path())


def is_programs_own(folder: Path) -> bool:
    """Whether a folder lies where the program, or the models it lists, are kept."""
    package = Path(__file__).parents[1]
    own = (resources_dir(), package, package.with_name("ganlab"), user_models_dir())
    try:
        found = folder.resolve()
        return any(found.is_relative_to(path.resolve()) for path in own)
    except (OSError, ValueError, RuntimeError):
        return True


def cache_dir() -> Path:
    """The folder for what can be made again (prepared pictures, fitted read-outs)."""
    return _home("cache", Path(platformdirs.user_cache_dir("ganlab", appauthor=False)))


def scratch_dir() -> Path:
    """The folder for what another process of the program reads once; it may not exist yet."""
    return cache_dir() / "scratch"


def config_dir() -> Path:
    """The folder of settings."""
    return _home("config", Path(platformdirs.user_config_dir("ganlab", appauthor=False)))


def _shared(part: str, shared: Path) -> Path:
    """A folder of our own in one that a person's programs share; the home where there is none."""
    home = os.environ.get("GANLAB_HOME")
    if home:
        return Path(home) / part
    return shared / "ganlab" if shared.is_dir() else Path.home()


def _home(part: str, default: Path) -> Path:
    home = os.environ.get("GANLAB_HOME")
    return Path(home) / part if home else default
