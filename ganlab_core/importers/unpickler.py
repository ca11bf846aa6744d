"""The one unpickler: reads pickles of protocol 2 to 5 as inert data and runs nothing.

A pickle is a program for a small stack machine. This is such a machine whose only side effect is the
value it leaves: a name in the file is never looked up. It is compared with a table of exact qualified
names that the caller allows, and the file's "calls" end in the table's own harmless functions. Any
other name is refused before anything was made from it.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ganlab_core.errors import CheckpointError

MOST_STEPS = 1_000_000
"""Instructions in a pickle; the largest published checkpoints have a tenth of this."""

MOST_SHARED = 2_000_000
"""Items and bytes, beyond the file's own size, that calls may be given.

A value may be given to many calls, each of which looks through it: without a bound a small file could
ask for the square of its size.
"""

Make = Callable[[tuple[Any, ...]], object]

_CONSTANTS = frozenset(
    {
        *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"),
        *("BINSTRING", "SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    }
)
_VALUES = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_KEYS = (str, int, float, bytes, type(None))
_LONG = (str, bytes, bytearray, list, dict, tuple, set)


class Damaged(Exception):  # noqa: N818 - not shown; the reader of a container turns it into a sentence
    """The data is not what its format says."""


@dataclass(frozen=True, slots=True)
class Name:
    """A qualified name that the file mentions and the caller allows; never looked up."""

    text: str


class Inert:
    """What an allowed name makes: data, with a state the file may set afterwards."""

    def set_state(self, state: object) -> None:
        """Take the state; here nothing may be set."""
        raise Damaged("state for an object that has none")


class InertDict(dict[Any, Any], Inert):
    """A kind of dict whose attributes, if it has any, mean nothing here."""

    def set_state(self, state: object) -> None:
        """Forget the attributes."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one kind of container may hold.

    Attributes
    ----------
    makers
        Qualified name, as "module name", -> what a call of it gives; each takes the tuple of arguments.
    mentions
        Names that may be mentioned but not called.
    persistent
        What a persistent id gives; None where the container has none.
    """

    makers: Mapping[str, Make]
    mentions: frozenset[str] = frozenset()
    persistent: Callable[[object], object] | None = None


def read_pickle(file: io.BytesIO, allowed: Allowed, most: int = MOST_STEPS) -> object:
    """The value of the pickle at the file's position, which is left behind its end.

    `most` is how many instructions it may take.

    Raises `CheckpointError` naming what is not allowed, and `Damaged` for anything else.
    """
    size = file.getbuffer().nbytes
    machine = _Machine(allowed, 2 * size + MOST_SHARED)
    try:
        for step, (opcode, argument, _) in enumerate(pickletools.genops(file)):
            if step >= most:
                raise Damaged("too many instructions")
            machine.step(opcode.name, argument)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Damaged(str(error)) from None
    return machine.result()


class _Machine:
    """The stack, the stacks set aside by marks, and the memo."""

    def __init__(self, allowed: Allowed, most_given: int) -> None:
        self._allowed = allowed
        self._may_give = most_given
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Carry out one instruction."""
        if name in _CONSTANTS:
            self._stack.append(argument)
        elif name in _VALUES:
            self._stack.append(_VALUES[name])
        elif name in _ACTIONS:
            _ACTIONS[name](self, argument)
        else:
            raise Damaged(f"instruction {name}")

    def result(self) -> object:
        """The one value left."""
        if len(self._stack) != 1 or self._marks:
            raise Damaged("unbalanced")
        return self._stack[0]

    # --- constants, containers, memo ---------------------------------------------------------------

    def _protocol(self, version: int) -> None:
        if not 2 <= version <= 5:
            raise Damaged(f"protocol {version}")

    def _nothing(self, _: object) -> None:
        """Frames only group bytes, and a stop ends the reading."""

    def _mark(self, _: object) -> None:
        self._marks.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._marks.pop()
        return items

    def _pop(self, _: object) -> None:
        self._stack.pop()

    def _pop_mark(self, _: object) -> None:
        self._since_mark()

    def _duplicate(self, _: object) -> None:
        self._stack.append(self._stack[-1])

    def _empty_list(self, _: object) -> None:
        self._stack.append([])

    def _empty_dict(self, _: object) -> None:
        self._stack.append({})

    def _empty_set(self, _: object) -> None:
        self._stack.append(set())

    def _empty_tuple(self, _: object) -> None:
        self._stack.append(())

    def _tuple(self, _: object) -> None:
        items = tuple(self._since_mark())
        self._stack.append(items)

    def _short_tuple(self, count: int) -> None:
        items = tuple(self._stack[-count:])
        if len(items) != count:
            raise Damaged("stack too short")
        del self._stack[-count:]
        self._stack.append(items)

    def _append(self, _: object) -> None:
        item = self._stack.pop()
        self._extend([item])

    def _appends(self, _: object) -> None:
        self._extend(self._since_mark())

    def _extend(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise Damaged("items for something that is no list")
        target.extend(items)

    def _add_items(self, _: object) -> None:
        items = self._since_mark()
        target = self._stack[-1]
        if not isinstance(target, set) or not all(isinstance(item, _KEYS) for item in items):
            raise Damaged("items for something that is no set")
        target.update(items)

    def _set_item(self, _: object) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._update([key, value])

    def _set_items(self, _: object) -> None:
        self._update(self._since_mark())

    def _update(self, items: list[Any]) -> None:
        target, keys = self._stack[-1], items[::2]
        if not isinstance(target, dict) or len(items) % 2:
            raise Damaged("items for something that is no dict")
        if not all(isinstance(key, _KEYS) for key in keys):  # hashing a nested tuple may never end
            raise Damaged("a key that is no plain value")
        target.update(zip(keys, items[1::2], strict=True))

    def _put(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    def _memoize(self, _: object) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _get(self, index: int) -> None:
        self._stack.append(self._memo[index])

    # --- names and what is made from them ----------------------------------------------------------

    def _global(self, pair: str) -> None:
        self._mention(pair)

    def _stack_global(self, _: object) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise Damaged("a name that is no text")
        self._mention(f"{module} {name}")

    def _mention(self, pair: str) -> None:
        if pair not in self._allowed.makers and pair not in self._allowed.mentions:
            raise refused(pair)
        self._stack.append(Name(pair))

    def _reduce(self, _: object) -> None:
        arguments, name = self._stack.pop(), self._stack.pop()
        if not isinstance(name, Name) or not isinstance(arguments, tuple):
            raise Damaged("a call of something that has no name")
        make = self._allowed.makers.get(name.text)
        if make is None:
            raise refused(name.text)
        self._give(arguments)
        self._stack.append(make(arguments))

    def _build(self, _: object) -> None:
        state = self._stack.pop()
        target = self._stack[-1]
        if not isinstance(target, Inert):
            raise Damaged("state for a plain value")
        self._give(state if isinstance(state, tuple) else (state,))
        target.set_state(state)

    def _give(self, values: tuple[Any, ...]) -> None:
        """Count what a call will look through."""
        self._may_give -= sum(len(value) for value in values if isinstance(value, _LONG))
        if self._may_give < 0:
            raise Damaged("the same values for too many calls")

    def _persistent(self, _: object) -> None:
        if self._allowed.persistent is None:
            raise Damaged("a persistent id")
        self._stack.append(self._allowed.persistent(self._stack.pop()))


def refused(pair: str) -> CheckpointError:
    """The refusal of a name, given as "module name"."""
    shown = ".".join(pair.split(" "))
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return CheckpointError(
        f"The file wants to run {shown!a}, which no model needs; nothing was run.",
        "Do not open this file; get the model from where it was published.",
    )


_ACTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "PROTO": _Machine._protocol,
    "FRAME": _Machine._nothing,
    "STOP": _Machine._nothing,
    "MARK": _Machine._mark,
    "POP": _Machine._pop,
    "POP_MARK": _Machine._pop_mark,
    "DUP": _Machine._duplicate,
    "EMPTY_LIST": _Machine._empty_list,
    "EMPTY_DICT": _Machine._empty_dict,
    "EMPTY_SET": _Machine._empty_set,
    "EMPTY_TUPLE": _Machine._empty_tuple,
    "TUPLE": _Machine._tuple,
    "TUPLE1": lambda machine, _: machine._short_tuple(1),
    "TUPLE2": lambda machine, _: machine._short_tuple(2),
    "TUPLE3": lambda machine, _: machine._short_tuple(3),
    "APPEND": _Machine._append,
    "APPENDS": _Machine._appends,
    "ADDITEMS": _Machine._add_items,
    "SETITEM": _Machine._set_item,
    "SETITEMS": _Machine._set_items,
    "BINPUT": _Machine._put,
    "LONG_BINPUT": _Machine._put,
    "MEMOIZE": _Machine._memoize,
    "BINGET": _Machine._get,
    "LONG_BINGET": _Machine._get,
    "GLOBAL": _Machine._global,
    "STACK_GLOBAL": _Machine._stack_global,
    "REDUCE": _Machine._reduce,
    "NEWOBJ": _Machine._reduce,
    "BUILD": _Machine._build,
    "BINPERSID": _Machine._persistent,
}
