"""How the house is built, in figures: files, lines, imports, and what one act enters.

Run by hand: `QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.house_figures [--static]`. The last
three lines are traced while a real psi slider moves in a real window, a tiny run takes one training
step, and a model file is opened; a file counts when any function of it was entered.
"""

from __future__ import annotations

import ast
import os
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[2]
PACKAGES = ("ganlab", "ganlab_core")


def modules() -> dict[str, Path]:
    """Module name -> file, packages' own files left out."""
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if path.name != "__init__.py":
                found[".".join(path.relative_to(ROOT).with_suffix("").parts)] = path
    return found


def importers(known: dict[str, Path]) -> dict[str, set[str]]:
    """Module -> which modules import it; through a package's face counts as the whole package."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, path in known.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    found[_defined(whole if whole in known else node.module, alias.name)].add(name)
    return found


def _defined(module: str, name: str) -> str:
    """The file behind a package's face, from the face's stub."""
    stub = ROOT / Path(*module.split(".")) / "__init__.pyi"
    face = stub if stub.exists() else stub.with_suffix(".py")
    if not face.exists():
        return module
    for node in ast.parse(face.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
            inner = node.module or ""
            return f"{module}.{inner}" if node.level else inner
    return module


def lines_of_functions(known: dict[str, Path]) -> list[int]:
    """Lines of every function."""
    return [
        node.end_lineno - node.lineno + 1
        for path in known.values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]


def spread(values: list[int]) -> str:
    """Median, 90th percentile and largest."""
    p90 = statistics.quantiles(values, n=10)[-1]
    return f"median {statistics.median(values):.0f}, p90 {p90:.0f}, largest {max(values)}"


class Entered:
    """The files whose functions were entered while it is on, in this thread."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.on = False

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """A profile function."""
        if self.on and event == "call":
            file = Path(frame.f_code.co_filename)
            ours = file.parts[: len(ROOT.parts)] == ROOT.parts and "tests" not in file.parts
            if ours and frame.f_code.co_name != "<module>":
                self.files.add(file.relative_to(ROOT).as_posix())


def slider_to_canvas() -> set[str]:
    """Files entered from a key on the psi slider until the new picture is painted."""
    from PySide6.QtCore import QElapsedTimer, QEventLoop, QPoint, Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QWidget

    from ganlab.app import App, Start
    from ganlab.settings import Settings
    from ganlab_core.files import bundled_models_dir

    qt = QApplication.instance() or QApplication([])
    entered = Entered()
    app = App(Start(str(bundled_models_dir() / "adventurer.safetensors")), Settings())
    worker = type(app.worker)
    run = worker.run

    def traced(self: object) -> None:
        sys.setprofile(entered)
        run(self)

    worker.run = traced  # type: ignore[method-assign]
    app.show()

    frames: list[object] = []
    app.worker.rendered.connect(frames.append)

    def until(done: Callable[[], object]) -> None:
        patience = QElapsedTimer()
        patience.start()
        while not done():
            if patience.elapsed() > 60_000:
                raise SystemExit("The window gave no picture within a minute.")
            qt.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)

    until(lambda: frames and app.session.capabilities is not None)
    quiet = QElapsedTimer()
    quiet.start()
    while quiet.elapsed() < 3000:  # what the start still does is no part of the act
        qt.processEvents()
    slider = next(
        widget
        for widget in app.window.findChildren(QWidget)
        if widget.accessibleName() == "Truncation psi"
        and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and type(widget).__name__ == "Track"
    )
    sys.setprofile(entered)
    before, entered.on = len(frames), True
    QTest.mouseClick(
        slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 4, slider.height() // 2)
    )
    until(lambda: len(frames) > before)
    app.window.canvas.repaint()
    entered.on = False
    sys.setprofile(None)
    app.window.close()
    app.stop()
    return entered.files


def traced(act: object) -> set[str]:
    """Files entered by calling `act`."""
    entered = Entered()
    sys.setprofile(entered)
    entered.on = True
    act()  # type: ignore[operator]
    entered.on = False
    sys.setprofile(None)
    return entered.files


def training_step() -> set[str]:
    """Files entered by one step of a growing StyleGAN with R1, between two reports."""
    from tests.same_bits import one_training_step

    with tempfile.TemporaryDirectory() as folder:
        return traced(one_training_step(Path(folder)))


def file_to_model() -> set[str]:
    """Files entered from a bundled model's file to a Model."""
    from tests.same_bits import open_bundled

    return traced(open_bundled)


def main(arguments: list[str]) -> int:
    """Print the figures."""
    known = modules()
    imported = importers(known)
    alone = [name for name in known if len(imported[name] - {name}) == 1]
    lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in known.values()]
    say = sys.stdout.write
    say(f"modules {len(known)}\nlines of a file: {spread(lengths)}\n")
    say(f"lines of a function: {spread(lines_of_functions(known))}\n")
    say(f"imported by exactly one other: {len(alone)} ({100 * len(alone) / len(known):.0f} %)\n")
    if "--static" in arguments:
        return 0
    with tempfile.TemporaryDirectory() as home:
        os.environ["GANLAB_HOME"] = home
        for what, act in (
            ("from file to Model", file_to_model),
            ("by one training step", training_step),
            ("from psi slider to canvas", slider_to_canvas),
        ):
            files = sorted(act())
            say(f"files entered {what}: {len(files)}\n")
            if "--files" in arguments:
                say("".join(f"    {file}\n" for file in files))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
