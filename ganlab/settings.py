"""What the window remembers from one start to the next, in one readable file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QByteArray, QSettings

from ganlab_core.files import config_dir, documents_dir, is_programs_own, pictures_dir, videos_dir
from ganlab_core.rendering import CHOICES

RECENT_LIMIT = 10

Kind = Literal["pictures", "videos", "documents"]
"""What a person saves; each has a folder of its own."""

PLACES: dict[Kind, Callable[[], Path]] = {
    "pictures": pictures_dir,
    "videos": videos_dir,
    "documents": documents_dir,
}


DEVICE_NAMES = ("", "cpu", "cuda", "mps")


class Settings:
    """The remembered things, kept in `ganlab.ini`; wrong or missing values become the defaults.

    Parameters
    ----------
    folder
        Where the file lives; the person's configuration folder when None.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or config_dir()
        self._store = QSettings(str(self.folder / "ganlab.ini"), QSettings.Format.IniFormat)

    @property
    def recipe_file(self) -> Path:
        """Where the Recipe on the desk is kept, so that nothing is lost."""
        return self.folder / "last.json"

    @property
    def workspace(self) -> Path:
        """The folder of what was under way in each window; it may not exist yet."""
        return self.folder / "workspace"

    @property
    def recent(self) -> tuple[Path, ...]:
        """The last opened files and run folders that still exist, newest first, at most ten."""
        paths = (Path(text) for text in self._texts("recent"))
        return tuple(path for path in paths if path.exists())[:RECENT_LIMIT]

    def add_recent(self, path: Path) -> None:
        """Put an opened file first in the list."""
        path = path.absolute()
        others = [known for known in self.recent if known != path]
        self._store.setValue("recent", [str(known) for known in [path, *others][:RECENT_LIMIT]])

    @property
    def answered(self) -> frozenset[str]:
        """The questions of lessons that have been answered, as `lesson/part/question`."""
        return frozenset(self._texts("answered"))

    def add_answered(self, question: str) -> None:
        """Remember that a question has been answered."""
        self._store.setValue("answered", sorted({*self.answered, question}))

    @property
    def last_model(self) -> str:
        """The path of the model that was last on the desk; empty when there was none."""
        return self._text("last_model")

    @last_model.setter
    def last_model(self, path: str) -> None:
        self._store.setValue("last_model", path)

    @property
    def last_folder(self) -> Path:
        """The folder the person last opened from or saved to; their home at first."""
        folder = Path(self._text("last_folder") or Path.home())
        return folder if folder.is_dir() else Path.home()

    @last_folder.setter
    def last_folder(self, folder: Path) -> None:
        self._store.setValue("last_folder", str(folder))

    def saving_folder(self, kind: Kind) -> Path:
        """Where a file of a kind is offered to be saved: where the last one went, else its own place.

        It may not exist yet, and is never a folder of the program.
        """
        folder = Path(self._text(f"saving/{kind}") or PLACES[kind]())
        return folder if folder.is_dir() and not is_programs_own(folder) else PLACES[kind]()

    def keep_saving_folder(self, kind: Kind, folder: Path) -> None:
        """Offer this folder for the next file of the kind."""
        self._store.setValue(f"saving/{kind}", str(folder.absolute()))

    @property
    def last_run(self) -> str:
        """The folder of the run last started from the window; empty when there was none."""
        return self._text("training/last_run")

    @last_run.setter
    def last_run(self, folder: str) -> None:
        self._store.setValue("training/last_run", folder)

    @property
    def on_closing(self) -> str:
        """What becomes of a run when the window closes: `"stop"`, `"let_go"`, or empty to ask."""
        choice = self._text("training/on_closing")
        return choice if choice in ("stop", "let_go") else ""

    @on_closing.setter
    def on_closing(self, choice: str) -> None:
        self._store.setValue("training/on_closing", choice)

    @property
    def smooth(self) -> bool:
        """Whether the picture is smoothed when it is shown larger than it is."""
        return self._text("smooth") != "false"

    @smooth.setter
    def smooth(self, on: bool) -> None:
        self._store.setValue("smooth", "true" if on else "false")

    @property
    def device(self) -> str:
        """Where pictures are computed: `"cpu"`, `"cuda"`, `"mps"`; empty for the fastest there is."""
        return self._one_of("render/device", DEVICE_NAMES, "")

    @device.setter
    def device(self, name: str) -> None:
        self._store.setValue("render/device", name)

    @property
    def precision(self) -> str:
        """With how many bits the network counts, one of `ganlab_core.rendering.CHOICES`."""
        return self._one_of("render/precision", tuple(CHOICES), "fp32")

    @precision.setter
    def precision(self, name: str) -> None:
        self._store.setValue("render/precision", name)

    @property
    def preview_budget(self) -> int:
        """Milliseconds that a frame may take before a coarser preview is shown, 20 to 100."""
        return self._number("render/preview_budget", 45, 20, 100)

    @preview_budget.setter
    def preview_budget(self, milliseconds: int) -> None:
        self._store.setValue("render/preview_budget", str(milliseconds))

    @property
    def interface_size(self) -> int:
        """How large words and controls are, in percent of the system's size, 100 to 200."""
        return self._number("window/interface_size", 100, 100, 200)

    @interface_size.setter
    def interface_size(self, percent: int) -> None:
        self._store.setValue("window/interface_size", str(percent))

    @property
    def reduced_motion(self) -> bool:
        """Whether nothing is to move by itself."""
        return self._text("window/reduced_motion") == "true"

    @reduced_motion.setter
    def reduced_motion(self, on: bool) -> None:
        self._store.setValue("window/reduced_motion", "true" if on else "false")

    @property
    def geometry(self) -> QByteArray:
        """Where the window stood; empty at first."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("window/geometry", value)

    @property
    def layout(self) -> str:
        """How the panels of every workspace were arranged, as JSON; empty at first."""
        return self._text("window/workspaces")

    @layout.setter
    def layout(self, value: str) -> None:
        self._store.setValue("window/workspaces", value)

    def save(self) -> None:
        """Write everything to the disk now."""
        self._store.sync()

    def _text(self, key: str) -> str:
        value = self._store.value(key, "")
        return value if isinstance(value, str) else ""

    def _one_of(self, key: str, known: tuple[str, ...], otherwise: str) -> str:
        value = self._text(key)
        return value if value in known else otherwise

    def _number(self, key: str, otherwise: int, low: int, high: int) -> int:
        text = self._text(key)
        return min(max(int(text), low), high) if text.isdecimal() and len(text) < 5 else otherwise

    def _texts(self, key: str) -> list[str]:
        value = self._store.value(key, [])
        listed = value if isinstance(value, list) else [value]
        return [text for text in listed if isinstance(text, str) and text]

    def _bytes(self, key: str) -> QByteArray:
        value = self._store.value(key, QByteArray())
        return value if isinstance(value, QByteArray) else QByteArray()
