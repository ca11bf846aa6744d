"""Playing live: devices and hands on one desk, as one step, whatever happens to model and devices."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import mido
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.perform import PerformRoom
from ganlab_core.export import read_sound, save_png
from ganlab_core.performance import (
    BankScene,
    CameraInput,
    Mapping,
    MidiInputs,
    Modulator,
    OscInput,
    PerformanceMap,
    SignalBoard,
    Transform,
    Transition,
    read_take,
)
from ganlab_core.performance.devices import NO_CAMERA
from ganlab_core.recipe import Latent, Recipe
from tests.gui.conftest import GatedEngine, flat
from tests.gui.perform.conftest import HeldClock, Play
from tests.performing_devices import PatchedCamera, PatchedMidi, blinking

PSI = PerformanceMap(mappings=(Mapping(source="midi/1/cc/7", control="psi"),))


def test_a_knob_moves_the_desk_as_one_step(app: App, room: PerformRoom, play: Play) -> None:
    room.set_map(PSI)
    room.set_playing(True)
    before = app.session.history.count()
    for value in (0.2, 0.4, 0.9):
        play(("midi/1/cc/7", value))
    assert app.session.recipe.psi == 0.9
    assert app.window.canvas.image.isNull() is False
    assert app.session.history.count() == before + 1
    assert app.session.history.undo_label == "play"
    app.session.undo()
    assert app.session.recipe.psi == 0.7


def test_nothing_is_heard_unless_it_plays(app: App, room: PerformRoom, play: Play) -> None:
    room.set_map(PSI)
    play(("midi/1/cc/7", 0.2))
    assert app.session.recipe.psi == 0.7


def test_a_hand_and_a_wave_share_the_desk(app: App, room: PerformRoom, play: Play) -> None:
    """A drag of the hand stays one step though a wave moves something else all the while."""
    room.set_map(
        PerformanceMap(
            modulators=(Modulator(name="wave", seconds=1.0, shape="saw"),),
            mappings=(Mapping(source="mod/wave", control="noise.strength"),),
        )
    )
    room.set_playing(True)
    play()
    steps = app.session.history.count()
    app.session.begin_drag()
    for psi in (0.1, 0.2, 0.3):
        app.session.edit(replace(app.session.recipe, psi=psi), "psi")
        play(seconds=0.1)
    app.session.end_drag()
    assert app.session.recipe.psi == 0.3
    assert app.session.recipe.noise.strength > 0.0
    assert app.session.history.count() == steps + 1


def test_one_frame_is_under_way_and_the_latest_value_wins(
    app: App, room: PerformRoom, engine: GatedEngine, clock: HeldClock, qtbot: QtBot
) -> None:
    room.set_map(PSI)
    room.set_playing(True)
    engine.gate.clear()
    drawn = len(engine.drawn)
    for value in (0.1, 0.2, 0.3, 0.4, 0.5):
        clock.time += 0.02
        room.live.board.put("midi/1/cc/7", value, clock.time)
        room.live.tick()
    assert app.session.recipe.psi == 0.1
    with qtbot.waitSignal(app.worker.rendered):
        engine.gate.set()
    clock.time += 0.02
    room.live.tick()
    assert app.session.recipe.psi == 0.5
    qtbot.waitUntil(lambda: app.play.saver.frame.recipe.psi == 0.5)
    asked = [recipe.psi for recipe, _ in engine.drawn[drawn:]]
    assert 0.2 not in asked
    assert 0.3 not in asked


def test_a_model_that_hangs_keeps_nobody_waiting(
    app: App, room: PerformRoom, engine: GatedEngine, clock: HeldClock
) -> None:
    """After half a second without its picture the next frame begins all the same."""
    room.set_map(PSI)
    room.set_playing(True)
    engine.gate.clear()
    for value in (0.1, 0.2):
        clock.time += 0.6
        room.live.board.put("midi/1/cc/7", value, clock.time)
        room.live.tick()
    assert app.session.recipe.psi == 0.2


def test_mappings_wait_for_a_model_that_has_their_control(
    app: App, room: PerformRoom, play: Play
) -> None:
    room.set_map(
        PerformanceMap(
            mappings=(
                Mapping(source="midi/1/cc/1", control="class@3"),
                Mapping(source="midi/1/cc/1", control="psi"),
                Mapping(source="midi/1/cc/1", control="another.thing"),
            )
        )
    )
    room.set_playing(True)
    play(("midi/1/cc/1", 0.5))
    assert app.session.recipe == Recipe(psi=0.5)
    texts = [room.panel.mappings.item(row).text() for row in range(3)]
    assert [("not in this model" in text) for text in texts] == [True, False, True]


def test_playing_goes_on_with_another_model(
    app: App, room: PerformRoom, play: Play, tmp_path: Path, qtbot: QtBot
) -> None:
    room.set_map(PSI)
    room.set_playing(True)
    play(("midi/1/cc/7", 0.3))
    with qtbot.waitSignal(app.session.model_changed):
        app.opener.open_model(str(tmp_path / "second.safetensors"))
    qtbot.waitUntil(lambda: app.play.saver.frame.recipe == app.session.fitted)
    assert room.live.playing
    play(("midi/1/cc/7", 0.8))
    assert app.session.recipe.psi == 0.8


SCENES = PerformanceMap(
    mappings=(Mapping(source="key/2", control="scene@2"),),
    scenes=(
        BankScene(name="one", recipe=Recipe(Latent(1), psi=0.1)),
        BankScene(name="two", recipe=Recipe(Latent(2), psi=0.9)),
    ),
    transition=Transition(seconds=1.0, curve="linear"),
)


def test_a_scene_is_gone_to_by_key_and_by_click(app: App, room: PerformRoom, play: Play) -> None:
    room.set_map(SCENES)
    room.set_playing(True)
    room.panel.scenes.chosen.emit(0)
    play(seconds=1.5)
    play(seconds=1.5)
    assert app.session.recipe == SCENES.scenes[0].recipe
    play(("key/2", 1.0))
    play(seconds=0.5)
    assert app.session.recipe.psi == pytest.approx(0.5, abs=0.03)
    play(seconds=1.0)
    assert app.session.recipe == SCENES.scenes[1].recipe


def test_without_playing_a_scene_is_an_edit(app: App, room: PerformRoom) -> None:
    room.set_map(SCENES)
    room.panel.scenes.chosen.emit(1)
    assert app.session.recipe == SCENES.scenes[1].recipe
    assert app.session.history.undo_label == "scene two"


def test_a_scene_is_made_of_the_desk_and_taken_away(
    app: App, room: PerformRoom, qtbot: QtBot
) -> None:
    app.session.edit(Recipe(Latent(77)), "seed")
    room.panel.add.click()
    assert room.map.scenes[0].recipe == Recipe(Latent(77))
    qtbot.waitUntil(lambda: room.panel.scenes.cell(0).image is not None)
    room.panel.scenes.deleted.emit(0)
    assert room.map.scenes == ()


def test_a_recording_becomes_a_film(
    app: App, room: PerformRoom, play: Play, qtbot: QtBot, tmp_path: Path, clock: HeldClock
) -> None:
    """What devices and hands moved, at the times at which they did."""
    app._settings.keep_saving_folder("videos", tmp_path)
    room.set_map(PSI)
    room.set_playing(True)
    room.set_recording(True)
    qtbot.waitUntil(lambda: room.live.recording)
    for step in range(30):
        play(("midi/1/cc/7", step / 100), seconds=1 / 30)
    app.session.edit(replace(app.session.recipe, latent=Latent(9)), "seed")
    play(seconds=1.0)
    with qtbot.waitSignal(room.film_recorded) as recorded:
        room.set_recording(False)
    line, sound = recorded.args
    assert sound is None
    assert line.duration == pytest.approx(2.0, abs=0.1)
    assert line.recipe_at(1.9).latent == Latent(9)
    assert line.recipe_at(0.5).psi == pytest.approx(0.14, abs=0.02)
    assert not app.film.filming.film.empty
    (path,) = tmp_path.glob("*.ganlab-take")
    assert read_take(path).whole


def test_a_place_that_cannot_be_recorded_to_is_told(
    app: App, room: PerformRoom, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app._settings.keep_saving_folder("videos", tmp_path)
    monkeypatch.setattr("ganlab.perform.perform_room.RECORDING_SUFFIX", "/x/y.take")
    with qtbot.waitSignal(app.messages.noticed) as told:
        room.set_recording(True)
    assert "place" in told.args[0].text
    assert not room.panel.record.isChecked()


def test_the_map_is_there_again_the_next_day(app: App, room: PerformRoom, qtbot: QtBot) -> None:
    room.set_map(SCENES)
    kept = app._settings.folder / "stage.json"
    qtbot.waitUntil(lambda: kept.is_file() and b"two" in kept.read_bytes())
    room.live.set_map(PerformanceMap())
    with qtbot.waitSignal(room.live.devices_changed, raising=False, timeout=10):
        pass
    again = PerformRoom(
        app.session, app.window, app.worker, app.tasks, app.messages, app._settings, app
    )
    qtbot.waitUntil(lambda: again.map == SCENES)
    again.stop()


def test_real_devices_that_are_not_there_are_sentences(app: App, qtbot: QtBot) -> None:
    """The drivers of this machine, whatever they are; nothing waits and nothing fails."""
    app.perform.panel.sound.set_value(True)
    app.perform.panel.camera.set_value(True)
    app.perform.set_playing(True)
    qtbot.waitUntil(
        lambda: "OSC on 127.0.0.1" in app.perform.panel.devices.text()
    )  # told in its turn
    assert {own.kind for own in app.perform.live.states()} == {
        "midi",
        "osc",
        "audio",
        "camera",
        "pad",
    }
    app.perform.set_playing(False)
    qtbot.waitUntil(
        lambda: not any(t.name in ("device-hub", "osc-input") for t in threading.enumerate())
    )


def test_devices_are_pulled_while_they_play(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    """A controller and a camera go and come back; meanwhile the other plays on."""
    midi, cameras = PatchedMidi("Knobs"), [blinking(tmp_path / "film", 400)]
    room = "ganlab.perform.perform_room"
    monkeypatch.setattr("ganlab_core.performance.devices.PATIENCE", 0.05)
    monkeypatch.setattr(f"{room}.MidiInputs", partial(MidiInputs, backend=midi))
    monkeypatch.setattr(f"{room}.CameraInput", partial(CameraInput, sources=lambda: list(cameras)))
    live, text = app.perform.live, app.perform.panel.devices.text
    moves = Mapping(source="midi/1/cc/7", control="psi")
    looks = Mapping(source="camera/brightness", control="noise.strength")
    app.perform.set_map(PerformanceMap(mappings=(moves, looks)))
    live.start(frozenset({"midi", "camera"}))
    qtbot.waitUntil(lambda: "● Knobs" in text() and "● Camera film" in text(), timeout=30_000)

    def turn(value: int) -> None:
        midi.callbacks["Knobs"](mido.Message("control_change", control=7, value=value))
        qtbot.waitUntil(lambda: app.session.recipe.psi == value / 127, timeout=30_000)

    turn(127)
    midi.names.clear()
    qtbot.waitUntil(lambda: "○ Knobs was pulled out" in text(), timeout=30_000)
    qtbot.waitUntil(lambda: app.session.recipe.noise.strength > 0.3, timeout=30_000)
    qtbot.waitUntil(lambda: app.session.recipe.noise.strength < 0.1, timeout=30_000)
    midi.names.append("Knobs")
    cameras.clear()
    live._camera._process.kill()
    qtbot.waitUntil(lambda: "● Knobs" in text() and NO_CAMERA in text(), timeout=30_000)
    turn(64)
    assert live.playing
    live.stop()
    qtbot.waitUntil(lambda: not any(t.name == "device-hub" for t in threading.enumerate()))


def test_keys_play_while_they_are_mapped(
    app: App, room: PerformRoom, play: Play, qtbot: QtBot
) -> None:
    """N cycles the noise by itself; mapped, it plays."""
    room.set_map(PerformanceMap(mappings=(Mapping(source="key/n", control="seed.step"),)))
    room.set_playing(True)
    app.window.activateWindow()
    app.window.canvas.setFocus()
    qtbot.waitUntil(app.window.canvas.hasFocus)
    qtbot.keyClick(app.window.canvas, "n")
    play()
    assert app.session.recipe == Recipe(Latent(1))
    room.set_playing(False)
    qtbot.keyClick(app.window.canvas, "n")
    assert app.session.recipe.noise.mode != "stored"


def test_film_controls_are_asked_of_the_film(
    app: App, room: PerformRoom, play: Play, qtbot: QtBot
) -> None:
    app.film._on_keyframe()
    app.session.edit(Recipe(Latent(5)), "seed")
    app.film.filming.scrub(4.0)
    room.set_map(PerformanceMap(mappings=(Mapping(source="osc/place", control="film.position"),)))
    room.set_playing(True)
    play(("osc/place", 0.5))
    film = app.film.filming.film
    assert film.place == pytest.approx(film.timeline.duration / 2)
    assert Transform() == room.map.mappings[0].transform


def test_what_moves_is_told_to_others(app: App, room: PerformRoom, play: Play) -> None:
    board = SignalBoard()
    listening = OscInput(board, lambda: 0.0, port=0)
    listening.poll()
    room.set_map(PSI)
    room.panel.tell.setText(f"127.0.0.1:{listening.port}")
    room.set_playing(True)
    play(("midi/1/cc/7", 0.25))
    heard: list[tuple[str, float]] = []
    for _ in range(300):
        heard += [(signal.name, signal.value) for signal in board.take()]
        if heard:
            break
        threading.Event().wait(0.01)
    listening.close()
    assert heard == [("osc/ganlab/psi", 0.25)]


def test_a_wrong_address_is_told_and_it_plays_all_the_same(
    app: App, room: PerformRoom, qtbot: QtBot
) -> None:
    room.panel.tell.setText("nowhere")
    with qtbot.waitSignal(app.messages.noticed) as told:
        room.set_playing(True)
    assert "127.0.0.1:9001" in told.args[0].text
    assert room.live.playing


def test_favourites_are_dropped_as_scenes(
    app: App, room: PerformRoom, qtbot: QtBot, tmp_path: Path
) -> None:
    info = app.session.info
    assert info is not None
    path = tmp_path / "my best.png"
    save_png(path, flat(32, 9), Recipe(Latent(9), psi=0.4), info)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)), QUrl.fromLocalFile("/etc/passwd")])
    place, copy = QPointF(9, 9), Qt.DropAction.CopyAction
    buttons, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for event in (
        QDragEnterEvent(place.toPoint(), copy, mime, buttons, none),
        QDropEvent(place, copy, mime, buttons, none),
    ):
        QApplication.sendEvent(room.panel, event)
    qtbot.waitUntil(lambda: len(room.map.scenes) == 1)
    assert room.map.scenes[0] == BankScene(name="my best", recipe=Recipe(Latent(9), psi=0.4))


def test_sound_that_was_heard_goes_with_the_film(
    app: App, room: PerformRoom, play: Play, qtbot: QtBot, tmp_path: Path
) -> None:
    app._settings.keep_saving_folder("videos", tmp_path)
    room.set_map(PSI)
    room.set_playing(True)
    room.set_recording(True)
    qtbot.waitUntil(lambda: room.live.recording)
    for step in range(4):
        room.live._keep_sound(np.zeros(4410, np.float32), 44100)
        play(("midi/1/cc/7", step / 10), seconds=0.1)
    with qtbot.waitSignal(room.film_recorded) as recorded:
        room.set_recording(False)
    line, sound = recorded.args
    assert sound is not None
    assert len(read_sound(sound)) == 4 * 4410
    assert app.film.exporter._sound(line) == sound
    assert app.film.exporter._sound(line.with_duration(9.0)) is None


def test_what_the_camera_sees_becomes_an_own_picture(
    app: App, room: PerformRoom, tmp_path: Path, qtbot: QtBot
) -> None:
    """A file that ffmpeg plays stands for the camera; without one there is a sentence."""
    room.panel.take_picture.click()
    assert "No camera is seen" in app.window.banner.text
    camera = CameraInput(SignalBoard(), room.live.now, lambda: [blinking(tmp_path / "film", 60)])
    camera.poll()
    qtbot.waitUntil(lambda: camera.picture() is not None, timeout=30_000)
    room.live._camera = camera
    room._settings.keep_saving_folder("pictures", tmp_path)
    with qtbot.waitSignal(app.opener.own_picture_found, timeout=30_000) as found:
        room.panel.take_picture.click()
    (path,) = found.args
    assert path.parent == tmp_path
    assert path.name.startswith("camera-")
    camera.close()


def test_the_picture_goes_to_a_virtual_camera_as_the_projector_shows_it(
    app: App, room: PerformRoom, play: Play, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    library = PatchedCamera()
    monkeypatch.setitem(sys.modules, "pyvirtualcam", library)  # type: ignore[arg-type]

    def sent() -> tuple[int, ...]:
        return tuple(library.sent[-1][360, 640]) if library.sent else ()

    def shown() -> tuple[int, ...]:
        return app.window.canvas.image.pixelColor(16, 16).getRgb()[:3]

    seed = Mapping(source="midi/1/cc/7", control="seed", transform=Transform(high=255.0))
    room.set_map(PerformanceMap(mappings=(seed,)))
    room.set_playing(True)
    play(("midi/1/cc/7", 0.2))
    room.panel.virtual.click()
    qtbot.waitUntil(lambda: sent() == shown())
    window = room.open_window()
    window.set_black(True)
    qtbot.waitUntil(lambda: not library.sent[-1].any())
    window.set_black(False)
    window.set_frozen(True)
    before = shown()
    play(("midi/1/cc/7", 0.9))
    assert shown() != before
    count = len(library.sent)
    qtbot.waitUntil(lambda: len(library.sent) > count + 3)
    assert sent() == before
    window.set_frozen(False)
    play(("midi/1/cc/7", 0.8))
    qtbot.waitUntil(lambda: sent() == shown())
    room.panel.virtual.click()
    qtbot.waitUntil(lambda: not library.open)


def test_without_a_virtual_camera_there_is_a_sentence(
    app: App, room: PerformRoom, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    room.panel.virtual.click()
    qtbot.waitUntil(lambda: "pyvirtualcam" in app.window.banner.text)
    assert not room.panel.virtual.isChecked()


def test_a_game_pads_stick_at_rest_teaches_nothing(app: App, room: PerformRoom, play: Play) -> None:
    room.learn("psi")
    play(("pad/axis/0", 0.52))
    assert room.learning == "psi"
    play(("pad/axis/0", 0.9))
    assert [own.source for own in room.map.mappings] == ["pad/axis/0"]


def test_what_moves_by_itself_is_connected_by_choice(
    app: App, room: PerformRoom, play: Play
) -> None:
    """Nobody can teach with a wave or a camera: they stand in a list, and bring what they need."""
    panel = room.panel
    room.set_playing(True)
    panel.controls.setCurrentIndex(panel.controls.findData("psi"))
    for source in ("camera/motion", "mod/wave", "mod/wave"):
        panel.sources.setCurrentIndex(panel.sources.findData(source))
        panel.connect_source.click()
    assert [own.source for own in room.map.mappings] == ["camera/motion", "mod/wave"]
    assert [own.name for own in room.map.modulators] == ["wave"]
    assert panel.mappings.currentRow() == 1
    assert panel.wanted_devices == {"midi", "osc", "pad", "camera"}
    panel.remove.click()
    play(("camera/motion", 0.4))
    assert app.session.recipe.psi == 0.4
