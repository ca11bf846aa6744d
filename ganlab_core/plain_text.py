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

NOT_IN_NAMES = '/\\:*?"<>|'
LONGEST_NAME, LONGEST_STEM = 200, 40
"""Bytes of a file's name, which most systems end at 255, and of one made from other words."""

_DEVICES = frozenset(
    {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
    | {f"{port}{number}" for port in ("COM", "LPT") for number in "123456789\u00b9\u00b2\u00b3"}
)
"""Names that Windows gives to devices, whatever comes behind a dot."""

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


def fault_of_name(name: str, longest: int = LONGEST_NAME) -> str:
    """Why a file cannot be called so on every system, as "a name ..."; empty where it can."""
    if not name.strip() or name.startswith(".") or len(name.encode("utf-8", "replace")) > longest:
        return f"has 1 to {longest} letters and does not begin with a dot"
    if any(letter in NOT_IN_NAMES for letter in name):
        return f"cannot have any of {NOT_IN_NAMES} in it"
    if plain_text(name) != name:
        return "cannot have letters in it that are not seen"
    if name != name.strip() or name.endswith("."):
        return "cannot begin or end with a space, nor end with a dot"
    if name.partition(".")[0].rstrip().upper() in _DEVICES:
        return "cannot be one that Windows keeps for a device"
    return ""


def file_stem(text: str, otherwise: str, longest: int = LONGEST_STEM) -> str:
    """A text made into a name that every system can write; `otherwise` where nothing is left."""
    kept = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in text)
    stem = kept.encode("utf-8", "ignore")[:longest].decode("utf-8", "ignore").strip("-")
    return otherwise if fault_of_name(stem) else stem


def _is_hidden(letter: str) -> bool:
    return letter not in _JOINERS and unicodedata.category(letter) in _HIDDEN


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def _json_escaped(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
