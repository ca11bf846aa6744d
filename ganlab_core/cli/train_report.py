"""What `ganlab train` shows: a bar where a person watches, a line per event otherwise."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType

from tqdm import tqdm

from ganlab_core.cli.output import on_terminal, say
from ganlab_core.plain_text import plain_text
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.events import (
    CheckpointSaved,
    Ended,
    Event,
    Failed,
    LayerGains,
    Measured,
    PhaseBegan,
    Progress,
    SheetSaved,
    Spectra,
    Started,
    Steered,
    Warned,
)
from ganlab_core.training.run_folder import SKIPPED, RunFolder

LISTED = 20
"""Files left out that are listed."""


class Report:
    """Tells events of a run; leave it to take the bar away.

    Parameters
    ----------
    config
        Of the run.
    folder
        The run's.
    """

    def __init__(self, config: TrainConfig, folder: Path) -> None:
        self._total = config.images
        self._resolution = config.resolution
        self._run = RunFolder(folder)
        self._bar: tqdm[None] | None = None

    def __enter__(self) -> Report:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def preparing(self, done: int, total: int) -> None:
        """The pictures are being prepared."""
        if not on_terminal():
            return
        if self._bar is None:
            self._bar = tqdm(total=total, unit="picture", desc="preparing", leave=False)
        self._bar.update(done - self._bar.n)

    def tell(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Started):
            self._close()
            if on_terminal():
                self._bar = tqdm(total=self._total, initial=event.images, unit="img")
        if isinstance(event, Progress) and self._bar is not None:
            self._bar.set_description(
                f"{event.resolution} px, alpha {event.alpha:.2f}", refresh=False
            )
            self._bar.set_postfix_str(
                f"loss G {event.loss_g:.3f} D {event.loss_d:.3f}", refresh=False
            )
            self._bar.update(event.images - self._bar.n)
        elif not isinstance(event, LayerGains):  # a table every few seconds, for the charts
            for line in self._lines(event):
                tqdm.write(plain_text(line)) if self._bar is not None else say(line)

    def _lines(self, event: Event) -> list[str]:
        """One line, and for some events what belongs to it."""
        if isinstance(event, Started) and event.skipped:
            return [describe(event, self._total), *self._left_out()]
        line = describe(event, self._total)
        if isinstance(event, Progress) and event.images_per_second > 0:
            line += f", {self._time_left(event)}"
        return [line]

    def _left_out(self) -> list[str]:
        """Files of the data that are not used, and why."""
        with contextlib.suppress(OSError):
            lines = self._run.files.read(SKIPPED).decode("utf-8", "replace").splitlines()
            more = len(lines) - LISTED
            rest = (
                [f"  and {more} more, all in {self._run.files.path(SKIPPED)}"] if more > 0 else []
            )
            return ["left out:", *(f"  {line}" for line in lines[:LISTED]), *rest]
        return []

    def _time_left(self, event: Progress) -> str:
        """How long it takes at this speed, which is the least where larger pictures are to come."""
        words = length_of_time((self._total - event.images) / event.images_per_second)
        return f"{'at least' if event.resolution < self._resolution else 'about'} {words} left"

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def length_of_time(seconds: float) -> str:
    """A length of time in its largest unit: `"3 h"`."""
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0, round(seconds))} s"


def describe(event: Event, total: int = 0) -> str:
    """One line for a person, about a run of `total` images where that is known."""
    match event:
        case Started():
            resumed = f"; goes on at {event.images} images" if event.images else ""
            skipped = f" ({event.skipped} skipped)" if event.skipped else ""
            wanted = f", to be shown {total} images in all" if total else ""
            return (
                f"started on {event.device} with {event.pictures} pictures{skipped}{wanted}; "
                f"parameters: G {event.parameters_g}, D {event.parameters_d}{resumed}"
            )
        case PhaseBegan():
            doing = "fading in" if event.fading else "training"
            return f"{event.images} images: {doing} {event.resolution} px"
        case Progress():
            return (
                f"{event.images}{f' of {total}' if total else ''} images: {event.resolution} px, "
                f"alpha {event.alpha:.2f}, "
                f"loss G {event.loss_g:.3f} D {event.loss_d:.3f}, "
                f"{event.images_per_second:.1f} img/s"
            )
        case Spectra() | LayerGains():
            name, value = max(event.values.items(), key=lambda pair: pair[1])
            return f"{event.images} images: the largest singular value is {value:.2f}, in {name}"
        case Measured():
            return f"{event.images} images: distance to the data {event.distance:.1f}"
        case SheetSaved() | CheckpointSaved():
            return f"{event.images} images: wrote {event.path}"
        case Ended():
            return f"{event.images} images: done, the model is {event.path}"
        case Steered():
            changes = ", ".join(f"{name} {value}" for name, value in event.changes.items())
            return f"{event.images} images: steered: {changes}"
        case Failed() | Warned():
            failed = "failed: " if isinstance(event, Failed) else ""
            return f"{event.images} images: {failed}{event.message}"
