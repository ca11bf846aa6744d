"""How much of the window the picture has, in each workspace and with panels opened and folded.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.picture_share

prints, for windows of several sizes, the picture's side in device-independent pixels and its share of
the window in percent.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEventLoop, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QDockWidget

from ganlab.app import App, Start
from ganlab.settings import Settings
from ganlab.style import apply_style
from ganlab_core.recipe import Capabilities, Layer

SIZES = {
    "1440x900": QSize(1440, 900),
    "1024x640": QSize(1024, 640),
    "1366x768 at 150 %": QSize(910, 512),
    "1440x900 at 200 %": QSize(720, 450),
}
"""In device-independent pixels."""


@dataclass(frozen=True, slots=True)
class Share:
    """What the picture has of a window."""

    layout: str
    window: QSize
    side: float
    share: float


def stylegan(side: int = 256) -> Capabilities:
    """What a StyleGAN can do: two layers at each resolution, noise, growth, truncation."""
    layers = []
    resolution = 4
    while resolution <= side:
        for name in ("conv0", "conv1"):
            layers.append(
                Layer(len(layers), f"{resolution}x{resolution}/{name}", resolution, noise=True)
            )
        resolution *= 2
    return Capabilities("stylegan", side, tuple(layers), (), 512, 512, True, True, True, False)


def settle() -> None:
    """Let the window come to rest: layouts, timers without a delay, what is painted."""
    for _ in range(12):
        QApplication.sendPostedEvents()
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def with_picture(app: App, side: int = 256) -> None:
    """Put a desk and a square picture on the screen, as a model would."""
    app.play.desk.set_capabilities(stylegan(side))
    app.play.master.set_capabilities(stylegan(side))
    picture = QImage(side, side, QImage.Format.Format_RGB32)
    picture.fill(QColor("white"))
    app.window.canvas.show_image(picture)


def measure(app: App, layout: str) -> Share:
    """The picture's side and share as the window is now."""
    settle()
    window, canvas = app.window, app.window.canvas
    shown = QRectF(canvas.picture_rect())
    part = shown.width() * shown.height() / (window.width() * window.height())
    return Share(layout, window.size(), min(shown.width(), shown.height()), part)


def layouts(app: App) -> Iterator[Share]:
    """Every workspace, then what a person may do to Play, one after the other."""
    window, spaces = app.window, app.window.workspaces
    for name in spaces.names:
        if not spaces.arrangement(name).page:
            spaces.enter(name)
            yield measure(app, name)
    spaces.enter("Play")
    app.play.desk.set_folded(True)
    yield measure(app, "Play, strips folded")
    app.play.desk.set_folded(False)
    window.show_notice("The file is not there. It may have been moved or renamed.")
    yield measure(app, "Play, a message")
    for name in ("historyDock", "timelineDock", "insideDock"):
        dock = window.findChild(QDockWidget, name)
        assert isinstance(dock, QDockWidget)
        dock.show()
        yield measure(app, f"Play, and {dock.windowTitle()}")
    spaces.reset()
    desk = window.findChild(QDockWidget, "deskDock")
    assert isinstance(desk, QDockWidget)
    window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, desk)
    yield measure(app, "Play, desk below")
    app.play.desk.set_folded(True)
    yield measure(app, "Play, desk below, folded")
    app.play.desk.set_folded(False)
    spaces.reset()
    window.actions_["picture_alone"].setChecked(True)
    yield measure(app, "picture alone")
    window.actions_["picture_alone"].setChecked(False)


def main() -> None:
    """Print the table."""
    qt = QApplication.instance() or QApplication(["picture_share"])
    assert isinstance(qt, QApplication)
    apply_style(qt)
    for name, size in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            app = App(Start("/nowhere/model.safetensors"), Settings(Path(folder)))
            app.window.resize(size)
            app.window.show()
            settle()
            with_picture(app)
            print(f"\n{name}")
            for found in layouts(app):
                grown = "" if found.window == size else f"  WINDOW GREW to {found.window.toTuple()}"
                print(f"  {found.layout:28s}{found.side:6.0f} px {100 * found.share:5.1f} %{grown}")
            app.stop()


if __name__ == "__main__":
    main()
