"""What lessons claim, measured on several seeds, and how long their measuring takes.

    python -m tests.benchmarks.lesson_claims --seeds 0,1,2 --keep claims.json [LESSON...]

A claim is what the check of a question says of measured numbers; it holds where a right answer is accepted.
Figures that are there already in the kept file are not computed again.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import torch

from ganlab_core.errors import GanlabError
from ganlab_core.lessons import (
    EXPERIMENTS,
    Ask,
    Bench,
    Lesson,
    Part,
    cell_error,
    done,
    evaluate,
    filled,
    find_lessons,
    measure,
    state_of,
)
from ganlab_core.recipe import Recipe


def desk(part: Part, known: dict[str, Any]) -> Recipe:
    return done(filled(part.set, known), Recipe()).recipe


def holds(lesson: Lesson, part: Part, ask: Ask, known: dict[str, Any], seed: int) -> bool:
    """Whether an answer that the lesson calls right is accepted."""
    start, can = desk(part, known), None
    if lesson.model:
        can = Bench(lesson.model).model.capabilities
    for text in ask.right:
        try:
            doing = done(filled(text, known), start)
            bench = Bench(lesson.model, start, seed)
            error = cell_error(ask.cell, doing.cell, bench) if ask.cell else float("inf")
            if evaluate(ask.check, state_of(doing, start, can, known, error)):
                return True
        except GanlabError:
            continue
    return False


def claims_of(lesson: Lesson, seed: int) -> dict[str, Any]:
    """CPU seconds of what is measured, claims that were put to the test, and those that failed."""
    known: dict[str, Any] = {}
    cpu, wall = time.process_time(), time.monotonic()
    for part in lesson.parts:
        for text in part.measures:
            known |= measure(text, Bench(lesson.model, desk(part, known), seed))
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    tested = [
        (part, ask)
        for part in lesson.parts
        for ask in part.asks
        if any(f"{name}." in ask.check for name in EXPERIMENTS)
    ]
    failed = [ask.check for part, ask in tested if not holds(lesson, part, ask, known, seed)]
    return {
        "cpu": round(cpu, 1), "wall": round(wall, 1), "claims": len(tested), "failed": failed,
        "facts": known,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lessons", nargs="*")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    kept = arguments.keep
    found: dict[str, Any] = json.loads(kept.read_text()) if kept and kept.exists() else {}
    for seed in map(int, arguments.seeds.split(",")):
        for lesson in find_lessons():
            key = f"{lesson.id}/{seed}"
            if key in found or (arguments.lessons and lesson.id not in arguments.lessons):
                continue
            found[key] = claims_of(lesson, seed)
            if kept:
                kept.write_text(json.dumps(found, indent=1))
            print(key, found[key], flush=True)
    print(
        "| lesson | promised | CPU seconds a seed | claims held on each seed | what did not hold |"
    )
    print("|---|---|---|---|---|")
    for lesson in find_lessons():
        rows = [found[k] for k in sorted(found) if k.startswith(f"{lesson.id}/")]
        if rows:
            held = ", ".join(f"{r['claims'] - len(r['failed'])} of {r['claims']}" for r in rows)
            wrong = "; ".join(dict.fromkeys(f"`{c}`" for r in rows for c in r["failed"]))
            cpu = ", ".join(f"{r['cpu']:g}" for r in rows)
            print(f"| {lesson.title} | {lesson.minutes:g} min | {cpu} | {held} | {wrong or '-'} |")


if __name__ == "__main__":
    main()
