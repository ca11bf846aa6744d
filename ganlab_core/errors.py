"""Errors that a person may see: what went wrong, and what to do about it."""

from __future__ import annotations

from ganlab_core.plain_text import plain_text


class GanlabError(Exception):
    """An expected failure, told in one sentence with a way out.

    Whatever a file's name or content brought into the sentences is shown as plain text.

    Parameters
    ----------
    what
        What went wrong, as a full sentence ending in a full stop.
    remedy
        What the person can do about it; empty when there is nothing to add.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        what, remedy = plain_text(what), plain_text(remedy)
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".strip()


class RecipeError(GanlabError):
    """A Recipe that cannot be read or does not make sense."""


class TimelineError(RecipeError):
    """A Timeline that cannot be read or does not make sense."""


class CheckpointError(GanlabError):
    """A model file that cannot be read or written."""


class DatasetError(GanlabError):
    """Pictures that cannot be turned into a training set."""


class TrainingError(GanlabError):
    """A training run that cannot start, go on or be resumed."""


class PerformanceError(GanlabError):
    """A mapping, a device or a recording of a performance that cannot be read or used."""


class RenderError(GanlabError):
    """A picture that cannot be rendered with this model on this machine."""


class ExportError(GanlabError):
    """A picture or film that cannot be written or read back.

    Parameters
    ----------
    what, remedy
        As for every `GanlabError`.
    details
        What another program said about it, for those who want to know; not part of the sentence.
    """

    def __init__(self, what: str, remedy: str = "", details: str = "") -> None:
        super().__init__(what, remedy)
        self.details = details


def explain_os_error(error: OSError, action: str) -> str:
    """One sentence for an `OSError` met while doing `action` (as in "saving the picture")."""
    reason = error.strerror or type(error).__name__
    where = f" ({error.filename})" if error.filename else ""
    return f"{action[:1].upper()}{action[1:]} failed: {reason}{where}."


class LessonError(GanlabError):
    """A lesson's text says something that cannot be done; the sentence names the file and the line."""
