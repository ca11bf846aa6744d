"""Why a single picture is left out: a kind to count by, and words for the person."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """A kind of refusal; the value is what a person can do when every picture meets it."""

    TOO_SMALL = "Use bigger pictures or a smaller --resolution."
    DAMAGED = "Open one in a picture viewer and save the set again as PNG or JPEG."
    FOREIGN = "Convert the pictures to PNG or JPEG."
    TOO_BIG = "Scale the pictures down first."
    BOMB = "Make the zip again from the pictures themselves, or use a folder."
    PATH = "Make the zip again with plain relative names, or use a folder."
    LINK = "Put the pictures themselves into the folder, not links to them."
    LOCKED = "Unpack the zip with its password and choose the folder."
    UNREADABLE = "Check that the files exist and that you may read them."
    LABEL = "Add the pictures to dataset.json, or take the file out of the set."
    INVISIBLE = "Save the pictures without transparency."
    TWICE = "Give every picture in the zip a name of its own."


class Unusable(Exception):
    """One picture that is skipped, never a reason to stop.

    Parameters
    ----------
    reason
        The kind of refusal.
    words
        The same in words that follow "it": "is empty", "is 40 x 30 pixels ...".
    side
        The smaller side in pixels, for `Reason.TOO_SMALL`; otherwise 0.
    """

    def __init__(self, reason: Reason, words: str, side: int = 0) -> None:
        super().__init__(reason, words, side)
        self.reason = reason
        self.words = words
        self.side = side
