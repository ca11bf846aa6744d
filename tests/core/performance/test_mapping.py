"""Maps: written and read again, hostile ones refused in a sentence, carried from model to model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.errors import GanlabError, PerformanceError
from ganlab_core.performance import (
    BankScene,
    Mapping,
    Modulator,
    PerformanceMap,
    Transform,
    Transition,
    controls_of,
    find_control,
    read_map,
    write_map,
)
from ganlab_core.recipe import Latent, Recipe, fit
from tests.every_model import MODELS

FULL = PerformanceMap(
    name="Evening",
    tempo=96.5,
    beats_a_bar=3,
    clock="midi",
    modulators=(Modulator(name="slow", beats=4.0), Modulator(name="hit", kind="envelope")),
    mappings=(
        Mapping(source="midi/1/cc/7", control="psi", transform=Transform(attack=0.2, high=0.9)),
        Mapping(source="mod/slow", control="psi@8", mode="add", on=False),
        Mapping(
            source="osc/a/b", control="noise.strength@3", transform=Transform(expression="x*x")
        ),
    ),
    scenes=(BankScene(name="One", recipe=Recipe(latent=Latent(4), psi=0.5)),),
    transition=Transition(seconds=1.5, curve="linear", quantise="bar"),
    corners=(1, 2, 3, 4),
)


def test_a_map_comes_back_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "evening.json"
    write_map(path, FULL)
    assert read_map(path) == FULL
    assert PerformanceMap.from_json(PerformanceMap().to_json()) == PerformanceMap()


def changed(**fields: object) -> str:
    return json.dumps({**json.loads(FULL.to_json()), **fields})


def mapping(**fields: object) -> str:
    return changed(mappings=[{"source": "midi/1/cc/7", "control": "psi", **fields}])


HOSTILE = {
    "no JSON": "{",
    "another thing": "[1, 2]",
    "a Recipe": Recipe().to_json(),
    "of the future": changed(ganlab_map=99),
    "an unknown field": changed(run="rm -rf"),
    "an unknown field inside": mapping(python="print(1)"),
    "a text for a number": changed(tempo="fast"),
    "a tempo of nothing": changed(tempo=0),
    "too many mappings": changed(mappings=[{"source": "key/a", "control": "psi"}] * 513),
    "code for an expression": mapping(transform={"expression": "__import__('os').system('id')"}),
    "an endless expression": mapping(transform={"expression": "-" * 10_000}),
    "a control of no kind": mapping(control="psi; import os"),
    "a signal of no kind": mapping(source="file:///etc/passwd"),
    "a signal that hides": mapping(source="osc/\u202ea"),
    "a list of lists": changed(mappings=json.loads("[" * 40 + "]" * 40)),
    "a scene of nothing": changed(scenes=[{"name": "x", "recipe": {"ganlab_recipe": 77}}]),
    "two modulators of a name": changed(modulators=[{"name": "a"}, {"name": "a"}]),
    "a wave of another shape": changed(modulators=[{"name": "a", "shape": "fractal"}]),
    "NaN": '{"ganlab_map": 1, "tempo": NaN}',
    "three corners": changed(corners=[1, 2, 3]),
    "a huge seed": changed(corners=[1, 2, 3, 2**40]),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_map_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(GanlabError) as caught:
        PerformanceMap.from_json(text)
    assert caught.value.what.endswith(".")
    assert caught.value.remedy
    assert len(str(caught.value)) < 500


def test_a_map_that_is_not_there_or_no_file_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(PerformanceError, match="Reading the map failed"):
            read_map(path)
    with pytest.raises(PerformanceError, match="Writing"):
        write_map(tmp_path / "no" / "folder.json", FULL)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from([*json.loads(FULL.to_json()), "source"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_breaks_the_reader(data: object) -> None:
    text = json.dumps({**data, "ganlab_map": 1} if isinstance(data, dict) else data)
    told = "."
    try:
        PerformanceMap.from_json(text)
    except GanlabError as error:
        told = error.what
    assert told.endswith(".")


@pytest.mark.parametrize("name", MODELS)
def test_every_control_moves_what_it_says_within_what_the_model_can(name: str) -> None:
    can = MODELS[name]().capabilities
    for control in controls_of(can, directions=0):
        found = find_control(control.name, can)
        assert found is not None
        assert (found.label, found.low, found.high) == (control.label, control.low, control.high)
        if control.put is None:
            continue
        for value in (control.low, 0.7 * control.low + 0.3 * control.high, control.high):
            moved = control.put(Recipe(), value)
            assert fit(moved, can) == moved or control.name.startswith("mix"), control.name
            if control.get is not None and control.name != "seed":
                now = control.get(moved)
                turned = control.name == "noise.turn" and value == 1.0 and now == 0.0
                assert turned or now == pytest.approx(value, abs=2e-3), control.name
        if control.kind == "trigger":
            assert control.put(Recipe(), 1.0) != Recipe(), control.name


def test_a_mapping_to_what_a_model_lacks_waits() -> None:
    """Nothing is lost from the map: another model may have it."""
    own = PerformanceMap(
        mappings=tuple(
            Mapping(source="key/a", control=control)
            for control in ("psi", "noise.strength", "class@999", "psi@1024", "later.thing@3")
        )
    )
    progan, stylegan = MODELS["progan"]().capabilities, MODELS["stylegan"]().capabilities
    assert len(own.waiting(progan)) == 5
    assert [waits.control for waits in own.waiting(stylegan)] == [
        "class@999", "psi@1024", "later.thing@3",
    ]  # fmt: skip
    assert PerformanceMap.from_json(own.to_json()) == own


def test_controls_that_several_sources_put_in_place_are_told() -> None:
    one = Mapping(source="key/a", control="psi")
    two = Mapping(source="key/b", control="psi")
    off = Mapping(source="key/c", control="psi", on=False)
    adds = Mapping(source="key/d", control="psi", mode="add")
    other = Mapping(source="key/a", control="seed.step")
    own = PerformanceMap(mappings=(one, two, off, adds, other))
    assert own.conflicts() == {"psi": (one, two)}
