"""The one unpickler: reads pickles of protocol 2 to 5 as inert data and runs nothing.

A pickle is a program for a small stack machine. This is such a machine whose only side effect is the
value it leaves: a name in the file is never looked up. It is compared with a table of exact qualified
names that the caller allows, and the file's "calls" end in the table's own harmless functions.

A checkpoint mentions classes of the program that wrote it: settings, optimisers, discriminators. Where
the caller takes them, classes that are not in the table become stand-ins, which hold what the file says
of them. Names that no data needs are what a prepared file would call: functions, and whatever the
interpreter brings along. Any such name is refused before anything was made from it.
"""

from __future__ import annotations

import io
import pickletools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ganlab_core.errors import CheckpointError

_INTERPRETER = frozenset(sys.stdlib_module_names) | {
    "__builtin__", "__builtins__", "copy_reg", "commands", "distutils", "imp", "nt", "nt2", "posix",
    "posix2", "pip", "setuptools", "pkg_resources",
}  # fmt: skip
"""Modules of which only the names below are data; some are of other versions and systems."""

_DATA = frozenset(
    f"{module} {name}"
    for module, names in {
        "argparse": "Namespace",
        "array": "array _array_reconstructor",
        "collections": "OrderedDict defaultdict Counter deque ChainMap",
        "copy_reg": "_reconstructor __newobj__",
        "copyreg": "_reconstructor __newobj__",
        "datetime": "datetime date time timedelta timezone",
        "decimal": "Decimal",
        "fractions": "Fraction",
        "functools": "partial",
        "itertools": "count",
        "logging": "Logger RootLogger getLogger",
        "pathlib": "Path PurePath PosixPath PurePosixPath WindowsPath PureWindowsPath",
        "pathlib._local": "Path PurePath PosixPath PurePosixPath WindowsPath PureWindowsPath",
        "random": "Random",
        "re": "_compile",
        "time": "struct_time",
        "torch.nn.backends.thnn": "_get_thnn_function_backend",
        "types": "SimpleNamespace NoneType",
        "typing": "Any Dict List Optional Sequence Tuple Union",
        "uuid": "UUID",
        "zoneinfo": "ZoneInfo ZoneInfo._unpickle",
        "_io": "BytesIO StringIO",
        **dict.fromkeys(
            ("builtins", "__builtin__"),
            "set frozenset list dict tuple int long float bool str unicode bytes bytearray complex"
            " slice range xrange object type NoneType",
        ),
    }.items()
    for name in names.split()
)
_BUILDERS = ("_rebuild", "_reconstruct", "_unpickle")
_BUILDER_MODULES = ("torch.jit._pickle",)


def would_run(pair: str) -> bool:
    """Whether no data needs to mention "module name", so that it stands there to be run."""
    return pair.partition(".")[0].partition(" ")[0] in _INTERPRETER and pair not in _DATA


def would_run_called(pair: str) -> bool:
    """Whether calling "module name" would do more than make an object of data.

    Classes begin with a capital; of functions only those are data that put an object together again.
    """
    module, _, name = pair.partition(" ")
    last = name.rpartition(".")[2]
    if pair in _DATA or module in _BUILDER_MODULES:
        return False
    builds = last.startswith(_BUILDERS) or last.endswith("_ctor")
    return would_run(pair) or not (last.lstrip("_")[:1].isupper() or builds)


MOST_STEPS = 3_000_000
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
    stranger
        Makes a stand-in for an object of a class that is not among the makers, from the class's name;
        None where such names are refused.
    """

    makers: Mapping[str, Make]
    mentions: frozenset[str] = frozenset()
    persistent: Callable[[object], object] | None = None
    stranger: Callable[[str], Inert] | None = None

    def knows(self, pair: str) -> bool:
        """Whether a name is in the table."""
        return pair in self.makers or pair in self.mentions


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
        if isinstance(target, list):
            target.extend(items)
        elif not isinstance(target, InertDict):  # a kind of list or set that nobody reads
            raise Damaged("items for something that is no list")

    def _add_items(self, _: object) -> None:
        items = self._since_mark()
        target = self._stack[-1]
        if isinstance(target, InertDict):
            return
        if not isinstance(target, set):
            raise Damaged("items for something that is no set")
        target.update(item for item in items if self._may_be_key(item))

    def _set_item(self, _: object) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._update([key, value])

    def _set_items(self, _: object) -> None:
        self._update(self._since_mark())

    def _update(self, items: list[Any]) -> None:
        target, keys = self._stack[-1], items[::2]
        if not isinstance(target, dict) or len(items) % 2:
            raise Damaged("items for something that is no dict")
        pairs = zip(keys, items[1::2], strict=True)
        target.update((key, value) for key, value in pairs if self._may_be_key(key))

    def _may_be_key(self, key: object) -> bool:
        """Whether it is a plain value: hashing a nested tuple may never end.

        Among strangers' settings others are passed over.
        """
        if not isinstance(key, _KEYS) and self._allowed.stranger is None:
            raise Damaged("a key that is no plain value")
        return isinstance(key, _KEYS)

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
        stranger = self._allowed.stranger is not None and not would_run(pair)
        if not stranger and not self._allowed.knows(pair):
            raise refused(pair)
        self._stack.append(Name(pair))

    def _reduce(self, _: object) -> None:
        arguments, name = self._stack.pop(), self._stack.pop()
        if not isinstance(name, Name | Inert) or not isinstance(arguments, tuple):
            raise Damaged("a call of something that has no name")
        self._give(arguments)
        if isinstance(name, Inert):  # what a stand-in gives when it is called
            self._stack.append(name)
            return
        make = self._allowed.makers.get(name.text)
        self._stack.append(make(arguments) if make else self._stranger(name.text, arguments))

    def _stranger(self, pair: str, arguments: tuple[Any, ...]) -> Inert:
        """A stand-in for what a call of an unknown name would give."""
        make = self._allowed.stranger
        if make is None or self._allowed.knows(pair) or would_run_called(pair):
            raise refused(pair)
        first = arguments[0] if arguments else None
        return make(first.text if isinstance(first, Name) and pair in _MAKES_FIRST else pair)

    def _reduce_with_names(self, words: object) -> None:
        self._stack.pop()
        self._reduce(words)

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


_MAKES_FIRST = frozenset(
    f"{module} {name}"
    for module in ("copyreg", "copy_reg")
    for name in ("_reconstructor", "__newobj__")
)
"""Ways to make an object of the class that is given first."""

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
    "NEWOBJ_EX": _Machine._reduce_with_names,
    "BUILD": _Machine._build,
    "BINPERSID": _Machine._persistent,
}
