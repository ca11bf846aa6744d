"""How the house is built, in figures: files, lines, imports, and what one act enters.

Run by hand: `QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.house_figures [--static]`. The last
lines are traced while a real psi slider moves in a real window, a tiny run takes one training
step, and a model file is opened; a file counts when any function of it was entered.

Of the slider two figures are given. The path is what has to be understood to follow one movement to
its pixel: from the slider's mouse event through Session, render thread and canvas. Everything else
that hears of the new Recipe or picture, such as the other panels, and what Qt paints beside it, is
counted apart.

Some modules have one importer because the house says so: a room in `app.py`, a command in
`program.py`, a layout in `published.py`. They are counted, and also told apart.
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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from ganlab.app import App
    from ganlab.engine import RenderWorker

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


TABLES = ("ganlab.app", "ganlab_core.cli.program", "ganlab_core.importers.published")
"""Modules that list others of one kind, each in a file of its own."""

FANS = {
    ("session.py", "_put_from_history"): ("app.py",),
    ("app.py", "_on_recipe_changed"): ("render_worker.py",),
    ("recipe_widget.py", "show_recipe"): (),
    ("render_worker.py", "_on_drawn"): ("main_window.py",),
    ("main_window.py", "show_frame"): ("canvas.py",),
    ("main_window.py", "show_draft"): ("canvas.py",),
}
"""Who tells many, and in which file the one who carries the picture on stands."""

BEGINS = ("sliders.py", "canvas.py", "render_worker.py", "recipe_widget.py", "app.py")
"""Files whose functions Qt calls on the path; what it calls elsewhere is beside it."""


def on_path(frame: FrameType) -> bool:
    """Whether a function was entered on the way from the slider to the pixel."""
    inner, outer = frame, frame.f_back
    while outer is not None:
        if _ours(outer):  # what stands between two of ours, such as torch's, only calls
            carries = FANS.get((_file(outer), outer.f_code.co_name))
            if carries is not None and _file(inner) not in (*carries, _file(outer)):
                return False
            inner = outer
        outer = outer.f_back
    return _file(inner) in BEGINS


def _file(frame: FrameType) -> str:
    return Path(frame.f_code.co_filename).name


def _ours(frame: FrameType) -> bool:
    file = Path(frame.f_code.co_filename)
    return file.parts[: len(ROOT.parts)] == ROOT.parts and "tests" not in file.parts


class Entered:
    """The files whose functions were entered while it is on, in this thread."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.path: set[str] = set()
        self.fans: set[tuple[str, str]] = set()
        self.on = False

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """A profile function."""
        called = self.on and event == "call" and frame.f_code.co_name != "<module>"
        if called and _ours(frame):
            file = Path(frame.f_code.co_filename).relative_to(ROOT).as_posix()
            self.files.add(file)
            self.fans |= FANS.keys() & {(_file(frame), frame.f_code.co_name)}
            if file not in self.path and on_path(frame):
                self.path.add(file)


def slider_to_canvas() -> Entered:
    """What is entered from a press on the psi slider until the new picture is painted."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    _ = QApplication.instance() or QApplication([])
    entered = Entered()
    app = opened(entered)
    frames: list[object] = []
    app.worker.rendered.connect(frames.append)
    process_until(lambda: frames and app.session.capabilities is not None, "no picture")
    rest(3000)  # what the start still does is no part of the act
    slider = psi_slider(app.window)
    sys.setprofile(entered)
    before, entered.on = len(frames), True
    place = QPoint(slider.width() // 4, slider.height() // 2)
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=place)
    process_until(lambda: len(frames) > before, "no other picture")
    app.window.canvas.repaint()
    entered.on = False
    sys.setprofile(None)
    app.window.close()
    app.stop()
    met = {file for file, _ in entered.fans}  # a draft comes only where the whole picture is late
    if unmet := {file for file, _ in FANS} - met:  # renamed: all that it tells would count as path
        raise SystemExit(f"The slider came past no function that tells many in: {sorted(unmet)}.")
    return entered


def opened(entered: Entered) -> App:
    """The program with a bundled StyleGAN, its render thread watched, and nothing that moves by itself."""
    from ganlab.app import App, Start
    from ganlab.settings import Settings
    from ganlab_core.files import bundled_models_dir

    settings = Settings()
    settings.reduced_motion = True  # no walk until the first touch
    app = App(Start(str(bundled_models_dir() / "adventurer.safetensors")), settings)
    worker = type(app.worker)
    run = worker.run

    def traced_run(self: RenderWorker) -> None:
        sys.setprofile(entered)
        run(self)

    worker.run = traced_run  # type: ignore[method-assign]
    app.show()
    return app


def psi_slider(window: QWidget) -> QWidget:
    """The master's slider of psi: what is pressed, not what surrounds it."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QWidget

    return next(
        widget
        for widget in window.findChildren(QWidget)
        if widget.accessibleName() == "Truncation psi"
        and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and type(widget).__name__ == "Track"
    )


def process_until(done: Callable[[], object], otherwise: str) -> None:
    """Let the window live until something holds; ends the program after a minute without it."""
    from PySide6.QtCore import QElapsedTimer, QEventLoop
    from PySide6.QtWidgets import QApplication

    patience = QElapsedTimer()
    patience.start()
    while not done():
        if patience.elapsed() > 60_000:
            raise SystemExit(f"The window gave {otherwise} within a minute.")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)


def rest(milliseconds: int) -> None:
    """Let the window live for so long."""
    from PySide6.QtCore import QElapsedTimer

    quiet = QElapsedTimer()
    quiet.start()
    process_until(lambda: quiet.elapsed() >= milliseconds, "no rest")


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
    say(f"imported by exactly one other: {len(alone)} ({100 * len(alone) / len(known):.1f} %)\n")
    listed = [name for name in alone if imported[name] - {name} <= set(TABLES)]
    say(f"    of them listed in one table by design: {len(listed)}, without these: ")
    say(f"{100 * (len(alone) - len(listed)) / len(known):.0f} %\n")
    if "--static" in arguments:
        return 0
    with tempfile.TemporaryDirectory() as home:
        os.environ["GANLAB_HOME"] = home
        for what, act in (
            ("from file to Model", file_to_model),
            ("by one training step", training_step),
        ):
            tell(f"files entered {what}", act(), arguments)
        entered = slider_to_canvas()
        tell("files entered on the path from psi slider to canvas", entered.path, arguments)
        beside = entered.files - entered.path
        tell("files entered beside it: other listeners, other painting", beside, arguments)
    return 0


def tell(what: str, files: set[str], arguments: list[str]) -> None:
    """Print how many files, and with `--files` which."""
    sys.stdout.write(f"{what}: {len(files)}\n")
    if "--files" in arguments:
        sys.stdout.write("".join(f"    {file}\n" for file in sorted(files)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
