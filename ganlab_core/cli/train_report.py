"""What `ganlab train` shows: a bar where a person watches, a line per event otherwise."""

from __future__ import annotations

from types import TracebackType

from tqdm import tqdm

from ganlab_core.cli.output import on_terminal, say
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


class Report:
    """Tells events of a run of `total` images; leave it to take the bar away."""

    def __init__(self, total: int) -> None:
        self._total = total
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
            tqdm.write(describe(event)) if self._bar is not None else say(describe(event))

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def describe(event: Event) -> str:
    """One line for a person."""
    match event:
        case Started():
            resumed = f"; goes on at {event.images} images" if event.images else ""
            skipped = f" ({event.skipped} skipped)" if event.skipped else ""
            return (
                f"started on {event.device} with {event.pictures} pictures{skipped}; "
                f"parameters: G {event.parameters_g}, D {event.parameters_d}{resumed}"
            )
        case PhaseBegan():
            doing = "fading in" if event.fading else "training"
            return f"{event.images} images: {doing} {event.resolution} px"
        case Progress():
            return (
                f"{event.images} images: {event.resolution} px, alpha {event.alpha:.2f}, "
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
