"""The history of a run: read on from where it ended, cut with the log, down to its marks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ganlab_core.training import LogReader
from ganlab_core.training.events import PhaseMark

CONFIG = {"images": 1000, "loss": "logistic-r1", "sheet_rows": 2, "sheet_columns": 3}


def line(kind: str, images: int, **more: object) -> str:
    return json.dumps({"event": kind, "images": images, **more}) + "\n"


def append(folder: Path, *lines: str) -> None:
    with (folder / "events.jsonl").open("a") as file:
        file.writelines(lines)


def test_reports_become_curves_and_missing_values_nan(tmp_path: Path) -> None:
    history = LogReader(tmp_path, CONFIG)
    assert not history.update()
    append(tmp_path, line("Progress", 8, loss_g=1.0))
    append(tmp_path, line("Progress", 16, loss_g=0.5, augment_p=0.1))
    assert history.update()
    assert not history.update()
    story = history.history()
    assert story.images.tolist() == [8, 16]
    assert np.isnan(story.curves["augment_p"][0])
    assert story.grid == (2, 3)


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    history = LogReader(tmp_path, CONFIG)
    whole = line("Progress", 8, loss_g=1.0)
    append(tmp_path, whole[:10])
    history.update()
    append(tmp_path, whole[10:])
    assert history.update()
    assert history.history().images.tolist() == [8]


def test_a_log_cut_back_and_written_anew_is_read_anew(tmp_path: Path) -> None:
    history = LogReader(tmp_path, CONFIG)
    append(tmp_path, line("PhaseBegan", 0, resolution=4, fading=False))
    append(tmp_path, line("Progress", 8, loss_g=1.0), line("Progress", 16, loss_g=2.0))
    history.update()
    text = (tmp_path / "events.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "events.jsonl").write_text("".join(text[:2]))
    append(tmp_path, line("Started", 8, pictures=40), line("Progress", 16, loss_g=3.0))
    append(tmp_path, line("Progress", 24, loss_g=4.0))
    assert history.update()
    story = history.history()
    assert story.curves["loss_g"].tolist() == [1.0, 3.0, 4.0]
    assert story.phases == (PhaseMark(0, 4, fading=False),)
    assert story.pictures == 40


def test_sheets_steering_and_rare_numbers_are_kept(tmp_path: Path) -> None:
    history = LogReader(tmp_path, CONFIG)
    append(tmp_path, line("SheetSaved", 8, resolution=8, alpha=0.5, path="sheets/8.png"))
    append(tmp_path, line("Steered", 8, step=1, changes={"learning_rate": 0.1}))
    append(tmp_path, line("Spectra", 8, g={"conv0": 2.0}, d={"conv0": 3.0}))
    append(tmp_path, line("Evaluated", 8, kid=0.25), "not json\n", '{"event": "Progress"}\n')
    history.update()
    story = history.history()
    assert [(sheet.resolution, sheet.alpha) for sheet in story.sheets] == [(8, 0.5)]
    assert story.steered[0].changes == (("learning_rate", 0.1),)
    assert {name: y.tolist() for name, (_, y) in story.extra.items()} == {
        "Spectra.g.conv0": [2.0],
        "Spectra.d.conv0": [3.0],
        "Evaluated.kid": [0.25],
    }
    assert story.last_images == 8


def test_numbers_beyond_every_range_are_passed_over(tmp_path: Path) -> None:
    history = LogReader(tmp_path, CONFIG)
    append(tmp_path, line("Progress", 10**400, loss_g=1.0), line("Progress", 10**18, loss_g=1.0))
    append(tmp_path, line("Progress", 8, alpha=10**300, loss_g=10**400, growth=-1))
    append(tmp_path, line("Progress", 16, alpha=0.5, loss_g=1e300, penalty=float("nan")))
    append(tmp_path, '{"event": "Progress", "images": 24, "loss_g": 1e400}\n', "[" * 5000 + "\n")
    append(tmp_path, line("SheetSaved", 16, resolution=10**9, alpha="x", path="sheets/16.png"))
    append(tmp_path, *(line("Progress", 32, **{f"c{n}": 1.0}) for n in range(200)))
    history.update()
    story = history.history()
    assert story.images.tolist()[:1] == [16]
    assert len(story.curves) <= 64
    assert all(not np.isinf(curve).any() for curve in story.curves.values())
    assert [(sheet.resolution, sheet.alpha) for sheet in story.sheets] == [(0, 1.0)]
