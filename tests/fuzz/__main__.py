"""`python -m tests.fuzz [FORMAT...] [--count N] [--seed S] [--seconds S]`: attack every reader.

Finds are made smaller, put into `tests/fuzz/corpus`, and read by the quick suite from then on.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.fuzz.campaign import Campaign, keep, smaller
from tests.fuzz.formats import FORMATS


def main() -> int:
    """Run the campaigns that were asked for; 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument("--count", type=int, help="inputs of each; a whole campaign when left out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="at most, for each")
    asked = parser.parse_args()
    if unknown := set(asked.formats) - set(FORMATS):
        parser.error(f"no format {', '.join(sorted(unknown))}")
    found = 0
    for name in asked.formats or FORMATS:
        found += _attack(name, asked.count or FORMATS[name].count, asked.seed, asked.seconds)
    return 1 if found else 0


def _attack(name: str, count: int, seed: int, seconds: float) -> int:
    began = time.monotonic()
    campaign = Campaign(name, seed)
    outcome = campaign.run(count, seconds)
    lasted = time.monotonic() - began
    sys.stdout.write(
        f"{name}: {outcome.inputs} inputs, {outcome.read} read, {len(outcome.finds)} kinds of finds,"
        f" {lasted:.0f} s\n"
    )
    sys.stdout.flush()
    for verdict, data in outcome.finds.items():
        least = smaller(campaign.form, data, verdict)
        path = keep(name, least)
        sys.stdout.write(f"  {verdict}: {path or f'{len(least)} bytes, too large to keep'}\n")
        sys.stdout.flush()
    sys.stdout.flush()
    return len(outcome.finds)


if __name__ == "__main__":
    sys.exit(main())
