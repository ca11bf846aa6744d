"""`ganlab doctor`: what this machine can do, and how to get what is missing."""

from __future__ import annotations

import argparse
import dataclasses

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import say, say_json

EXAMPLES = """
ganlab doctor
ganlab doctor --json
"""
MARKS = {"ok": "ok     ", "optional": "absent ", "missing": "MISSING"}


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "doctor", run, EXAMPLES)
    parser.add_argument("--json", action="store_true", help="print a list of objects")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; 1 when something that every job needs is missing."""
    from ganlab_core.doctor import examine

    findings = examine()
    if arguments.json:
        say_json([dataclasses.asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{MARKS[finding.state]}  {finding.name}: {finding.found}")
            if finding.remedy:
                say(f"         -> {finding.remedy}")
    return 1 if any(finding.state == "missing" for finding in findings) else 0
