"""Videos as data sets: every n-th frame, none like the one before, in bounded memory."""

from __future__ import annotations

import io
import threading
from fractions import Fraction
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from ganlab_core.data import PrepareOptions, check_source, prepare, survey
from ganlab_core.data.folder import Unusable
from ganlab_core.data.source import WAITING, FrameReader, Sampled, open_source, sampled
from ganlab_core.errors import DatasetError
from ganlab_core.export import Footage, codec_for, write_film


def frames(count: int, side: int = 32) -> np.ndarray:
    """uint8 (count, side, side, 3): grey that goes up, frame by frame, over and over."""
    shades = (np.arange(count) * 40 % 240).astype(np.uint8)
    return np.broadcast_to(shades[:, None, None, None], (count, side, side, 3)).copy()


def film(path: Path, pictures: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    footage = Footage(len(pictures), Fraction(25), lambda frame: pictures[frame])
    list(write_film(path, footage, codec_for(None, path.suffix)))
    return path


def shades(source: Path, cache: Path, every: int = 0) -> list[int]:
    images = prepare(source, 8, PrepareOptions(every=every), cache)
    return [int(one.mean()) for one in images.batch(np.arange(len(images)), 4)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".gif"])
@pytest.mark.parametrize("every", [1, 5])
def test_every_nth_frame_of_a_video_is_a_picture(tmp_path: Path, suffix: str, every: int) -> None:
    path = film(tmp_path / f"walk{suffix}", frames(30))
    found = shades(path, tmp_path / "cache", every)
    wanted = (np.arange(0, 30, every) * 40 % 240).tolist()
    np.testing.assert_allclose(found, wanted, atol=4)


def test_frames_like_the_one_before_are_left_out_and_told(tmp_path: Path) -> None:
    still = np.repeat(frames(3), 4, axis=0)
    path = film(tmp_path / "still.mkv", still)
    images = prepare(path, 8, cache_root=tmp_path / "cache")
    assert len(images) == 3
    assert {skip.reason for skip in images.skipped} == {"looks like the frame before"}
    assert len(images.skipped) == 9


def test_videos_join_the_pictures_of_a_folder_and_its_classes(tmp_path: Path) -> None:
    film(tmp_path / "set" / "cats" / "a.mkv", frames(4))
    film(tmp_path / "set" / "dogs" / "b.mkv", frames(2))
    iio.imwrite(tmp_path / "set" / "dogs" / "c.png", frames(1)[0])
    found = survey(tmp_path / "set")
    assert (found.pictures, found.classes) == (7, (("cats", 4), ("dogs", 3)))
    assert check_source(tmp_path / "set", 8) == ("cats", "dogs")


def test_another_every_is_another_set_and_the_same_is_not_prepared_again(tmp_path: Path) -> None:
    path, cache = film(tmp_path / "a.mkv", frames(12)), tmp_path / "cache"
    first = prepare(path, 8, PrepareOptions(every=2), cache)
    heard: list[int] = []
    again = prepare(path, 8, PrepareOptions(every=2), cache, lambda done, _all: heard.append(done))
    other = prepare(path, 8, PrepareOptions(every=3), cache)
    assert (first.fingerprint, heard) == (again.fingerprint, [])
    assert other.fingerprint != first.fingerprint
    assert (len(first), len(other)) == (6, 4)


def test_a_long_video_gives_no_more_than_some_thousand_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ganlab_core.data.source.MOST_FRAMES", 10)
    found = sampled(film(tmp_path / "a.mkv", frames(95)), 0)
    assert (found.count, found.every, len(found.frames)) == (95, 10, 10)


@pytest.mark.parametrize("name", ["noise.mp4", "empty.mp4", "page.webm", "noise.gif"])
def test_a_broken_video_costs_a_sentence(tmp_path: Path, name: str) -> None:
    data = {"noise": bytes(range(256)) * 20, "empty": b"", "page": b"<html>"}[name.split(".")[0]]
    (tmp_path / name).write_bytes(data)
    found = survey(tmp_path / name)
    assert (found.pictures, [bad.name for bad in found.refused]) == (0, [name])
    with pytest.raises(DatasetError, match=name) as caught:
        prepare(tmp_path / name, 8, cache_root=tmp_path / "cache")
    assert "\n" not in str(caught.value)


def test_a_video_that_is_cut_keeps_what_can_be_read(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (60, 32, 32, 3), np.uint8)
    path = film(tmp_path / "a.mkv", noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 10 < len(prepare(path, 8, cache_root=tmp_path / "cache")) < 50
    reader = FrameReader(Sampled(path, 60, 1))  # as where the count is that of the whole
    assert reader.read(5)
    with pytest.raises(Unusable, match="lies beyond where the video can be read"):
        reader.read(59)
    reader.close()


def test_giving_up_ends_ffmpeg_and_leaves_nothing(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", frames(60))

    def give_up(done: int, _total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(path, 8, cache_root=tmp_path / "cache", progress=give_up)
    assert not list((tmp_path / "cache" / "datasets").iterdir())


def test_frames_are_read_in_any_order_and_few_are_kept(tmp_path: Path) -> None:
    found = sampled(film(tmp_path / "a.mkv", frames(3 * WAITING)), 1)
    reader = FrameReader(found)
    wanted = [reader.read(number) for number in found.frames]
    order = np.random.default_rng(0).permutation(len(wanted))
    assert [reader.read(number) for number in order[:20]] == [
        wanted[number] for number in order[:20]
    ]
    assert len(reader._waiting) <= WAITING
    results: dict[int, bytes] = {}

    def ask(number: int) -> None:
        results[number] = reader.read(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in reversed(range(16))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [results[number] for number in range(16)] == wanted[:16]
    reader.close()


def test_large_frames_are_made_smaller_as_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film(tmp_path / "a.mkv", frames(2, 64))
    monkeypatch.setattr("ganlab_core.data.source._SCALE", "scale=w=iw/4:h=ih/4")
    with (
        open_source(path) as listing,
        Image.open(io.BytesIO(listing.read(listing.pictures[0]))) as image,
    ):
        assert image.size == (16, 16)
