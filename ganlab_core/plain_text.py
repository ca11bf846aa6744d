"""Text from outside as it may be shown: one line of letters that command no terminal and turn no line.

File names, titles, licences and messages of others may hold control characters, which terminals obey,
marks that reverse the reading order, and halves of characters, which no output can encode.
"""

from __future__ import annotations

import unicodedata

LONGEST = 4000
"""Letters that are shown of one text; the middle of a longer one is left out."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of control, format and line marks, and of halves of characters."""

_JOINERS = "\u200c\u200d"
"""Marks that Persian and emoji need, and that move nothing."""


def plain_text(text: str, most: int = LONGEST, keep: str = "") -> str:
    """The text with what cannot be seen written as an escape; at most `most` long.

    Letters in `keep`, such as a newline, stay. Applied twice it changes nothing more.
    """
    if len(text) > most:
        half = max(1, (most - 3) // 2)
        text = f"{text[:half]}...{text[-half:]}"
    if text.isprintable():
        return text
    return "".join(
        letter if letter in keep or not _is_hidden(letter) else _escaped(letter) for letter in text
    )


def json_text(text: str) -> str:
    """JSON whose texts hold nothing that cannot be seen; it says the same."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter == "\n" or not _is_hidden(letter) else _json_escaped(letter)
        for letter in text
    )


def _is_hidden(letter: str) -> bool:
    return letter not in _JOINERS and unicodedata.category(letter) in _HIDDEN


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def _json_escaped(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
