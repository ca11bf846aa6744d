"""Opening what a person chose, be it a folder or a zip."""

from __future__ import annotations

import contextlib
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ganlab_core.dataset.folder import list_folder
from ganlab_core.dataset.labels import labelled
from ganlab_core.dataset.listing import Listing
from ganlab_core.dataset.zips import list_zip
from ganlab_core.errors import DatasetError, explain_os_error

_ZIP_ERRORS = (zipfile.BadZipFile, NotImplementedError, ValueError, LookupError, struct.error)


@contextlib.contextmanager
def open_source(source: Path) -> Iterator[Listing]:
    """Lend the listing of a folder or zip; its pictures can be read until the block ends.

    Raises
    ------
    DatasetError
        When there is nothing there, it is neither a folder nor a readable zip, or its labels cannot be
        understood.
    """
    if not source.exists():
        raise DatasetError(f"There is no folder or zip at {source}.", "Check the path.")
    if source.is_dir():
        yield labelled(list_folder(source))
        return
    with _open_zip(source) as archive:
        yield labelled(list_zip(archive, source.stat().st_size))


def _open_zip(source: Path) -> zipfile.ZipFile:
    try:
        if not zipfile.is_zipfile(source):
            raise DatasetError(
                f"{source.name} is neither a folder nor a readable zip.",
                "Choose a folder of pictures, or a zip of one.",
            )
        return zipfile.ZipFile(source)
    except OSError as error:
        raise DatasetError(explain_os_error(error, f"opening {source.name}")) from error
    except _ZIP_ERRORS as error:
        raise DatasetError(
            f"{source.name} is damaged and cannot be opened as a zip.",
            "Copy or download it again, or choose a folder of pictures.",
        ) from error
