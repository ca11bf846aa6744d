"""Settings: remembered, and never in the way."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray

from ganlab.settings import RECENT_LIMIT, Settings


def touched(folder: Path, name: str) -> Path:
    path = folder / name
    path.touch()
    return path


def test_a_new_person_gets_the_defaults(settings: Settings) -> None:
    assert settings.recent == ()
    assert settings.smooth
    assert settings.last_model == ""
    assert settings.last_folder == Path.home()
    assert settings.geometry.isEmpty()


def test_what_was_set_is_there_next_time(settings: Settings, tmp_path: Path) -> None:
    settings.smooth = False
    settings.last_model = "/models/a, b.safetensors"
    settings.last_folder = tmp_path
    settings.geometry = QByteArray(b"\x00\x01geometry")
    settings.add_recent(touched(tmp_path, "one.png"))
    settings.save()
    again = Settings(settings.folder)
    assert not again.smooth
    assert again.last_model == "/models/a, b.safetensors"
    assert again.last_folder == tmp_path
    assert again.geometry == QByteArray(b"\x00\x01geometry")
    assert again.recent == (tmp_path / "one.png",)


def test_the_file_opened_last_comes_first_and_only_once(settings: Settings, tmp_path: Path) -> None:
    one, two = touched(tmp_path, "one.png"), touched(tmp_path, "two.png")
    for path in (one, two, one):
        settings.add_recent(path)
    assert settings.recent == (one, two)


def test_only_the_last_ten_files_are_kept(settings: Settings, tmp_path: Path) -> None:
    paths = [touched(tmp_path, f"{number}.png") for number in range(RECENT_LIMIT + 3)]
    for path in paths:
        settings.add_recent(path)
    assert settings.recent == tuple(reversed(paths[3:]))


def test_files_that_are_gone_are_not_offered(settings: Settings, tmp_path: Path) -> None:
    path = touched(tmp_path, "gone.png")
    settings.add_recent(path)
    path.unlink()
    assert settings.recent == ()


def test_a_folder_that_is_gone_becomes_home(settings: Settings, tmp_path: Path) -> None:
    settings.last_folder = tmp_path / "never"
    assert settings.last_folder == Path.home()


def test_a_damaged_file_becomes_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "ganlab.ini").write_bytes(b"recent=\x00\xff[[[\nsmooth\n=;\n" * 20)
    settings = Settings(tmp_path)
    assert settings.recent == ()
    assert settings.last_folder == Path.home()
    assert settings.geometry.isEmpty()
