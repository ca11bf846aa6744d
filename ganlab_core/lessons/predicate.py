"""Predicates of lessons: a part of Python's expressions over given names, evaluated by us and never run.

There are numbers, texts, names, dots into what was measured, arithmetic, comparisons, `and`, `or`, `not`,
`in` with a list, and calls of functions that were given. Nothing else is read, so no text of a lesson and
none that a person types can do more than compute.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from ganlab_core.errors import LessonError

LONGEST = 400
"""Letters of an expression."""

Names = Mapping[str, Any]
"""Name -> number, text, array, function, or further names."""

_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARE: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
MOST_POWER = 8


def evaluate(text: str, names: Names) -> Any:
    """The value of an expression; raises `LessonError` for what is none, or asks for unknown names."""
    try:
        return _value(_parsed(text), names)
    except (ZeroDivisionError, OverflowError, TypeError, ValueError, RuntimeError):
        raise LessonError(f"{text!r} has no value here.", "Check the shapes and numbers.") from None


def check_expression(text: str) -> None:
    """Raise `LessonError` unless the text is an expression of this language, whatever its names."""
    for node in ast.walk(_parsed(text)):
        if not isinstance(node, _KNOWN):
            raise LessonError(f"{text!r} holds something that is not computed here.", _KINDS)


_KINDS = "Use numbers, names, + - * / **, comparisons, and, or, not, in, and the named functions."
_KNOWN = (
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.Name, ast.Attribute,
    ast.Constant, ast.List, ast.Tuple, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
    ast.expr_context,
)  # fmt: skip


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise LessonError("The expression is too long.", f"Write at most {LONGEST} letters.")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise LessonError(f"{text!r} is no expression.", _KINDS) from None


def _value(node: ast.expr, names: Names) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str | bool):
        return node.value
    if isinstance(node, ast.Name):
        return _named(node.id, names)
    if isinstance(node, ast.Attribute):
        return _named(node.attr, _value(node.value, names))
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item, names) for item in node.elts]
    if isinstance(node, ast.BoolOp):
        both = all if isinstance(node.op, ast.And) else any
        return both(bool(_value(part, names)) for part in node.values)
    if isinstance(node, ast.Call):
        return _called(node, names)
    return _computed(node, names)


def _computed(node: ast.expr, names: Names) -> Any:
    if isinstance(node, ast.UnaryOp):
        value = _value(node.operand, names)
        return not value if isinstance(node.op, ast.Not) else -value
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, names), _value(node.right, names)
        if isinstance(node.op, ast.Pow) and isinstance(right, int | float):
            return left ** max(-MOST_POWER, min(MOST_POWER, right))
        if type(node.op) in _BINARY:
            return _BINARY[type(node.op)](left, right)
    if isinstance(node, ast.Compare):
        left, holds = _value(node.left, names), True
        for sign, right_node in zip(node.ops, node.comparators, strict=True):
            right = _value(right_node, names)
            if type(sign) not in _COMPARE:
                break
            result = _COMPARE[type(sign)](left, right)
            if len(node.ops) == 1:  # of arrays, one for each number
                return result
            holds = holds and bool(result)
            left = right
        else:
            return holds
    raise LessonError("The expression holds something that is not computed here.", _KINDS)


def _called(node: ast.Call, names: Names) -> Any:
    function = _named(node.func.id, names) if isinstance(node.func, ast.Name) else None
    if not callable(function) or node.keywords:
        raise LessonError("Only the named functions can be called.", _KINDS)
    return function(*(_value(argument, names) for argument in node.args))


def _named(name: str, names: Any) -> Any:
    if not isinstance(names, Mapping) or name not in names:
        known = ", ".join(sorted(names)) if isinstance(names, Mapping) else "nothing"
        raise LessonError(f"There is no {name} here.", f"There is: {known}.")
    return names[name]


_HOLE = re.compile(r"\{([^{}:]+)(?::([^{}]*))?\}")
UNKNOWN = "…"
"""Stands where something has not been measured yet."""


def holes(text: str) -> list[str]:
    """The expressions in braces in a text."""
    return [found[1] for found in _HOLE.finditer(text)]


def filled(text: str, names: Names) -> str:
    """A text with what is in braces computed, as `{mapping.kurtosis:.2f}`; what is not known is `…`."""

    def of(found: re.Match[str]) -> str:
        try:
            return format(evaluate(found[1], names), found[2] or "")
        except (LessonError, ValueError, TypeError):
            return UNKNOWN

    return _HOLE.sub(of, text)
