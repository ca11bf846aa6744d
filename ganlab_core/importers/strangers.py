"""Which unknown names in a pickle are mere data, and which would run something.

A checkpoint mentions classes of the program that wrote it: settings, optimisers, discriminators. None is
ever looked up; each becomes a stand-in that only holds what the file says of it. Names that no data needs
are what a prepared file would call: functions, and whatever the interpreter brings along.
"""

from __future__ import annotations

import sys

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
