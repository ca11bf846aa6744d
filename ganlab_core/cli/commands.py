"""The commands by name, each with its line and its examples, and the parser that reads them all."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Iterable
from typing import NoReturn, Protocol

USAGE = 2
"""The exit status of a line that cannot be understood, whatever is on the disk."""

COMMANDS = {
    "lessons": "List the lessons, check one, or measure what it states.",
    "ideas": "Train each idea since the first GAN for equal time, and compare.",
    "models": "List the bundled models and your own.",
    "render": "Render pictures with a model.",
    "video": "Make a film with a model.",
    "sheet": "Put many pictures on one sheet.",
    "data": "Look at a folder or zip of pictures before training on it.",
    "project": "Bring your own pictures into a model, as Recipes.",
    "morph": "Make a film that goes from one of your pictures to the next.",
    "train": "Train on a folder or zip of pictures, or go on with a run.",
    "runs": "List training runs: what each does, and how far it is.",
    "evaluate": "Measure a model against a set of real pictures.",
    "import": "Keep a published checkpoint or a run among your own models.",
    "blend": "Blend the weights of two models into a third.",
    "bench": "Measure what frames and training cost on this machine.",
    "doctor": "Tell what this machine can do and what is missing.",
}
"""Name -> what it does, in the order of the help."""

EXIT_STATUSES = (
    "Exit status: 0 = done; 1 = understood but not done (a file is missing, the model cannot, the disk "
    "is full); 2 = the line cannot be understood; 130 = interrupted."
)


class Commands(Protocol):
    """What a command adds itself to: argparse's sub-parsers."""

    def add_parser(
        self,
        name: str,
        *,
        help: str,
        description: str,
        epilog: str,
        formatter_class: type[argparse.HelpFormatter],
        allow_abbrev: bool,
    ) -> Parser:
        """A parser for the command `name`."""


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in a sentence, and where to read on, instead of all options."""

    def error(self, message: str) -> NoReturn:
        """End with the sentence."""
        complain_of_usage(self.prog, message.removeprefix("argument "))
        raise SystemExit(USAGE)

    def actions(self) -> list[argparse.Action]:
        """Every option and place that the parser knows."""
        return list(self._actions)

    def refuse_unknown(self, words: Iterable[str]) -> NoReturn:
        """End because of options and words that the command does not know."""
        first = next(iter(words))
        options = [option for action in self._actions for option in action.option_strings]
        kind = "option" if first.startswith("-") else "place for"
        self.error(f"there is no {kind} {first!r}.{did_you_mean(first.partition('=')[0], options)}")


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int],
    examples: str,
    more: str = "",
) -> Parser:
    """A parser for a command; `examples` are lines of a shell, `more` sentences after its line."""
    lines = "\n".join(f"  {line.strip()}" for line in examples.strip().splitlines())
    parser = commands.add_parser(
        name,
        help=COMMANDS[name],
        description=f"{COMMANDS[name]} {more}".strip(),
        epilog=f"examples:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run, parser=parser)
    return parser


def list_of_commands() -> str:
    """Every command with its line, for the help of the window."""
    return "\n".join(f"  {name:<10}{line}" for name, line in COMMANDS.items())


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence, after a space, that offers what is written much like `word`; else nothing."""
    near = difflib.get_close_matches(word, list(known), n=3, cutoff=0.61)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def complain_of_usage(prog: str, sentence: str) -> None:
    """Tell what is wrong with a line, and where its words are explained."""
    from ganlab_core.cli.output import complain

    end = "" if sentence.endswith((".", "?", "!")) else "."
    complain(f"{prog}: error: {sentence}{end} See {prog} --help.")
