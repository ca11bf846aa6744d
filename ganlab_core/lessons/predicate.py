"""Predicates and cells of lessons: expressions over given names, evaluated by us and never run.

A predicate is a part of Python's expressions. There are numbers, texts, names, dots into what was
measured, arithmetic, comparisons, `and`, `or`, `not`, `in` with a list, and calls of functions that were
given. Nothing else is read, so no text of a lesson and none that a person types can do more than compute.

A cell is an expression that a person writes, held against the network's own arithmetic. The names and
functions of each are those of its paper.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ganlab_core.errors import LessonError
from ganlab_core.lessons.experiments import Bench, adain_parts

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


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "mean": lambda x: x.mean((-2, -1), keepdim=True),
    "var": lambda x: x.var((-2, -1), correction=0, keepdim=True),
    "std": lambda x: x.std((-2, -1), correction=0, keepdim=True),
    "sqrt": lambda x: torch.as_tensor(x).sqrt(),
    "abs": abs,
    "where": torch.where,
    "up": lambda x: x.repeat_interleave(2, -2).repeat_interleave(2, -1),
}
"""What a cell may call; mean, var and std are those of each channel over its places."""


def _adain(bench: Bench) -> tuple[dict[str, Any], Tensor]:
    x, scale, bias, after = adain_parts(bench)
    row = (slice(None), None, None)
    return {"x": x, "scale": scale[row], "bias": bias[row], "eps": 1e-8}, after


def _fading(bench: Bench) -> tuple[dict[str, Any], Tensor]:
    random = torch.Generator().manual_seed(0)
    old, new = torch.randn(3, 8, 8, generator=random), torch.randn(3, 16, 16, generator=random)
    alpha = 0.37
    wanted = torch.lerp(FUNCTIONS["up"](old), new, alpha)
    return {"old": old, "new": new, "alpha": alpha}, wanted


def _truncation(bench: Bench) -> tuple[dict[str, Any], Tensor]:
    network = bench.network
    with torch.no_grad():
        w = network.mapping(torch.randn(8, bench.model.capabilities.z_dim))
    return {"w": w, "mean": network.w_avg, "psi": 0.6}, torch.lerp(network.w_avg, w, 0.6)


def _rejection(bench: Bench) -> tuple[dict[str, Any], Tensor]:
    random = torch.Generator().manual_seed(0)
    z, again = torch.randn(2, 64, generator=random)
    again = again.clamp(-0.9, 0.9)
    return {"z": z, "again": again, "threshold": 1.0}, torch.where(z.abs() > 1.0, again, z)


Given = Callable[[Bench], tuple[dict[str, Any], Tensor]]

CELLS: dict[str, Given] = {
    "adain": _adain,
    "fading": _fading,
    "truncation": _truncation,
    "rejection": _rejection,
}
"""Name -> the names with their values, and what the expression should be."""


def cell_error(name: str, text: str, bench: Bench) -> float:
    """The largest difference of an expression from what the network itself computes.

    Raises `LessonError` for an expression that has no value, or another shape.
    """
    names, wanted = CELLS[name](bench)
    found = evaluate(text, {**FUNCTIONS, **names})
    if not isinstance(found, Tensor) or found.shape != wanted.shape:
        raise LessonError(
            f"The expression has the wrong shape; {tuple(wanted.shape)} is wanted.",
            "Keep one map for every channel.",
        )
    return float((found - wanted).abs().max())
