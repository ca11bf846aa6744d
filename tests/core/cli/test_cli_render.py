"""`ganlab render`: which pictures, where, and the same ones again."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.cli.output import seeds
from ganlab_core.export import read_png
from ganlab_core.models import Model
from ganlab_core.recipe import Latent, Mix, Noise, Recipe
from ganlab_core.rendering import Renderer

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def out(tmp_path: Path, model_file: Path) -> Path:
    """Where pictures go; the model `tiny` is there to make them."""
    return tmp_path / "out"


def render(*arguments: str | Path) -> int:
    return main(["render", "tiny", *map(str, arguments)])


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def sentence(capsys: Capture) -> str:
    """What was complained: one line, and nothing on stdout."""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_the_default_is_seed_0(out: Path, capsys: Capture) -> None:
    assert render("--out", out) == 0
    assert [path.name for path in out.iterdir()] == ["seed0000.png"]
    assert capsys.readouterr().out == f"{out / 'seed0000.png'}\n"
    assert read_png(out / "seed0000.png").recipe == Recipe()


def test_seeds_are_ranges_and_single_ones(out: Path) -> None:
    assert render("--out", out, "--seeds", "0-2,12345") == 0
    names = sorted(path.name for path in out.iterdir())
    assert names == ["seed0000.png", "seed0001.png", "seed0002.png", "seed12345.png"]
    assert read_png(out / "seed0002.png").recipe.latent == Latent(2)


def test_seeds_are_read_once_each_in_the_order_written() -> None:
    assert seeds("5,0-2, 1 ,4294967295") == (5, 0, 1, 2, 4294967295)


@pytest.mark.parametrize(
    "written", ["", "a", "3-1", "-1", "1,,2", "4294967296", "0-4294967295", "1.5", "²"]
)
def test_wrong_seeds_are_wrong_usage(out: Path, written: str, capsys: Capture) -> None:
    assert render("--out", out, f"--seeds={written}") == 2
    assert "error: --seeds" in capsys.readouterr().err


def test_a_size_for_print_is_reached_by_the_method_named(out: Path, capsys: Capture) -> None:
    assert render("--out", out / "small", "--seeds", "7") == 0
    options = ("--seeds", "7", "--size", "64", "--upscale", "nearest")
    assert render("--out", out / "large", *options) == 0
    small, large = (pixels(out / name / "seed0007.png") for name in ("small", "large"))
    np.testing.assert_array_equal(large, small.repeat(4, 0).repeat(4, 1))
    assert read_png(out / "large" / "seed0007.png").recipe == Recipe(Latent(7))
    capsys.readouterr()
    assert render("--out", out, "--size", "99999") == 2


def test_twice_gives_identical_files(out: Path) -> None:
    arguments = ("--seeds", "0-3", "--noise", "random", "--psi", "0.9")
    assert render("--out", out / "a", *arguments) == 0
    assert render("--out", out / "b", *arguments) == 0
    for path in (out / "a").iterdir():
        assert path.read_bytes() == (out / "b" / path.name).read_bytes()


def test_a_picture_rendered_from_its_own_png_is_identical(out: Path) -> None:
    first, second = out / "seed0007.png", out / "again.png"
    assert render("--out", out, "--seeds", "7", "--growth", "3.25", "--noise-seed", "5") == 0
    assert render("--out", second, "--recipe", first) == 0
    assert second.read_bytes() == first.read_bytes()


def test_a_recipe_file_is_the_base_and_options_override_it(out: Path, tmp_path: Path) -> None:
    recipe = Recipe(Latent(4), psi=0.3, cutoff=2).with_mix_at(8, Mix(Latent(9)))
    path = tmp_path / "recipe.json"
    path.write_text(recipe.to_json())
    assert render("--out", out / "a.png", "--recipe", path) != 0  # the folder is not there yet
    out.mkdir()
    assert render("--out", out / "a.png", "--recipe", path) == 0
    assert read_png(out / "a.png").recipe == recipe
    assert render("--out", out / "b.png", "--recipe", path, "--psi", "0.5", "--seeds", "6") == 0
    changed = Recipe(Latent(6), psi=0.5, cutoff=2).with_mix_at(8, Mix(Latent(9)))
    assert read_png(out / "b.png").recipe == changed


def test_options_set_the_recipe(out: Path) -> None:
    assert (
        render("--out", out, "--psi", "-0.5", "--cutoff", "3", "--growth", "2.5", "--noise", "off")
        == 0
    )
    expected = Recipe(psi=-0.5, cutoff=3, growth=2.5, noise=Noise("off"))
    assert read_png(out / "seed0000.png").recipe == expected


def test_psi_without_a_cutoff_applies_to_all_layers(out: Path) -> None:
    assert render("--out", out, "--psi", "0", "--seeds", "0,1") == 0
    np.testing.assert_array_equal(pixels(out / "seed0000.png"), pixels(out / "seed0001.png"))


def test_a_noise_seed_alone_means_random_noise(out: Path) -> None:
    assert render("--out", out, "--noise-seed", "8") == 0
    assert read_png(out / "seed0000.png").recipe.noise == Noise("random", 8)


def test_the_raw_file_holds_what_the_renderer_gives(
    out: Path, tmp_path: Path, loaded: Model
) -> None:
    raw = tmp_path / "raw.npy"
    assert render("--out", out, "--seeds", "3,5", "--raw", raw) == 0
    found = np.load(raw)
    assert found.dtype == np.float32
    renderer = Renderer(loaded, "cpu")
    expected = [renderer.raw(Recipe(Latent(seed))) for seed in (3, 5)]
    np.testing.assert_array_equal(found, np.stack(expected))


def test_raw_numbers_can_be_had_without_pictures(out: Path, tmp_path: Path) -> None:
    assert render("--raw", tmp_path / "raw.npy") == 0
    assert np.load(tmp_path / "raw.npy").shape == (1, 3, 16, 16)
    assert not out.exists()


def test_latents_are_rendered_in_order(out: Path, tmp_path: Path, loaded: Model) -> None:
    z = np.random.default_rng(0).normal(size=(2, 16)).astype(np.float32)
    np.save(tmp_path / "z.npy", z)
    assert render("--out", out, "--latents", tmp_path / "z.npy") == 0
    renderer = Renderer(loaded, "cpu")
    for index, row in enumerate(z):
        recipe = Recipe(Latent(vector=tuple(row.tolist())))
        path = out / f"latent-{index:04d}.png"
        np.testing.assert_array_equal(pixels(path), renderer.render(recipe).pixels)
        assert read_png(path).recipe == recipe


class Canary:
    """Runs code when unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("canary"),))


def archive(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(pickle.dumps(Canary())),
        lambda path: np.save(path, np.array([Canary()]), allow_pickle=True),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\x93NUMPY\x01\x00"),
        lambda path: path.write_bytes(
            b"\x93NUMPY\x01\x00\x50\x00"
            + b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 16), }".ljust(79)
            + b"\n"
        ),
        lambda path: np.save(path, np.zeros((0, 16), np.float32)),
        lambda path: np.save(path, np.zeros((1, 7), np.float32)),
        lambda path: np.save(path, np.full((1, 16), np.nan)),
        lambda path: np.save(path, np.zeros((1, 16), complex)),
        lambda path: np.save(path, np.array([["x"] * 16])),
        lambda path: path.write_bytes(archive(z=np.zeros((1, 16)))),
    ],
)
def test_a_wrong_latents_file_is_refused_in_a_sentence(
    out: Path, tmp_path: Path, make: object, capsys: Capture
) -> None:
    path = tmp_path / "z.npy"
    assert callable(make)
    make(path)
    assert render("--out", out, "--latents", path) == 1
    assert sentence(capsys).startswith("ganlab: ")
    assert not Path("canary").exists()


def test_one_file_cannot_hold_several_pictures(out: Path, capsys: Capture) -> None:
    assert render("--out", out.with_suffix(".png"), "--seeds", "0-2") == 2
    assert "3 pictures" in capsys.readouterr().err


def test_seeds_and_latents_exclude_each_other(out: Path, model_file: Path) -> None:
    assert render("--out", out, "--seeds", "1", "--latents", model_file) == 2


@pytest.mark.parametrize(
    "option",
    [
        "--psi=nan", "--psi=inf", "--psi=1e308", "--psi=x", "--cutoff=-1", "--cutoff=1.5",
        "--growth=nan", "--growth=1e308", "--growth=1", "--noise=loud", "--noise-seed=-1",
        "--noise-seed=99999999999999999999", "--precision=fp8",
    ],
)  # fmt: skip
def test_values_out_of_range_are_wrong_usage(out: Path, option: str, capsys: Capture) -> None:
    assert render("--out", out, option) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "error: " in captured.err
    assert not out.exists()


def test_a_device_that_is_not_there_is_told_in_a_sentence(out: Path, capsys: Capture) -> None:
    assert render("--out", out, "--device", "abacus") == 1
    assert "abacus" in sentence(capsys)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe\x00", b"{" * 1000])
def test_a_file_that_is_no_recipe_is_told_in_a_sentence(
    out: Path, tmp_path: Path, content: bytes, capsys: Capture
) -> None:
    path = tmp_path / "recipe.json"
    path.write_bytes(content)
    assert render("--out", out, "--recipe", path) == 1
    assert "Recipe" in sentence(capsys)


def test_a_picture_without_a_recipe_is_told_in_a_sentence(
    out: Path, tmp_path: Path, capsys: Capture
) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    assert render("--out", out, "--recipe", tmp_path / "plain.png") == 1
    assert "carries no ganlab Recipe" in sentence(capsys)


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(
    out: Path, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert render("--out", tmp_path / "file") == 1
    assert "cannot be made" in sentence(capsys)
    assert render("--out", out, "--raw", tmp_path / "nowhere" / "raw.npy") == 1
    assert "does not exist" in sentence(capsys)


@pytest.mark.parametrize("name", ["e.bmp", "e.svg", "e.mp4", "e.psd"])
def test_a_name_of_another_kind_of_file_makes_no_folder(
    out: Path, name: str, capsys: Capture
) -> None:
    assert render("--out", out.with_name(name)) == 2
    assert "no kind of picture" in capsys.readouterr().err
    assert not out.with_name(name).exists()


def test_a_folder_may_have_a_dot_in_its_name(out: Path) -> None:
    assert render("--out", out.with_name("psi-0.7"), "--seeds", "1") == 0
    out.with_name("mine.old").mkdir()
    assert render("--out", out.with_name("mine.old"), "--seeds", "1") == 0
    assert out.with_name("psi-0.7").is_dir()
    assert (out.with_name("mine.old") / "seed0001.png").is_file()


def test_a_failed_rendering_leaves_no_raw_file(out: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", np.zeros((1, 7), np.float32))
    assert render("--raw", tmp_path / "raw.npy", "--latents", tmp_path / "z.npy") == 1
    assert not [path for path in tmp_path.iterdir() if "raw" in path.name]


def test_a_recipe_of_another_model_is_rendered_with_a_note(
    out: Path, tmp_path: Path, model_file: Path, capsys: Capture
) -> None:
    assert render("--out", out) == 0
    other = tmp_path / "other.safetensors"
    from ganlab_core.models import load_model, save_model

    model = load_model(model_file)
    model.network.truncation_centre.add_(0.1)
    save_model(model, other)
    capsys.readouterr()
    assert main(["render", str(other), "--out", str(tmp_path / "o.png"),
                 "--recipe", str(out / "seed0000.png")]) == 0  # fmt: skip
    assert "made with another model" in capsys.readouterr().err


def test_scripts_are_told_what_was_written(out: Path, capsys: Capture) -> None:
    assert render("--out", out, "--seeds", "0-1", "--json") == 0
    first, second = json.loads(capsys.readouterr().out)
    assert (first["seed"], second["seed"]) == (0, 1)
    assert Path(second["file"]) == out / "seed0001.png"
    assert Recipe.from_json(json.dumps(second["recipe"])) == Recipe(Latent(1))
    digest = hashlib.sha256(pixels(out / "seed0001.png").tobytes()).hexdigest()
    assert second["sha256"] == digest
