"""Variety and memorising, on features whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from ganlab_core.evaluation import accuracy, diversity, feature_measures, nearest, train_classifier
from ganlab_core.evaluation.measures import distances, memorising


def points(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)


def test_distances_are_euclidean() -> None:
    a, b = points(5, 0), points(3, 1)
    naive = [[np.linalg.norm(x - y) for y in b] for x in a]
    np.testing.assert_allclose(distances(a, b), naive, atol=1e-5)


def test_equal_pictures_have_no_diversity_and_two_have_their_distance() -> None:
    assert diversity(np.ones((4, 3))) == 0.0
    assert diversity(np.array([[0.0, 0.0], [3.0, 4.0]])) == pytest.approx(5.0)


def test_the_nearest_come_first() -> None:
    references = np.array([[0.0], [10.0], [4.0]])
    indices, found = nearest(np.array([[3.0]]), references, count=2)
    assert indices.tolist() == [[2, 0]]
    assert found.tolist() == [[1.0, 3.0]]


def test_copies_of_the_training_set_are_told_from_new_pictures() -> None:
    train, held_out = points(400, 0), points(400, 1)
    assert memorising(train[:100] + 1e-3, train, held_out) < 0.01
    assert memorising(points(400, 2), train, held_out) == pytest.approx(1.0, abs=0.1)


def test_measures_of_a_collapsed_model_show_it() -> None:
    real, other = points(200, 0), points(200, 1)
    collapsed = np.repeat(points(1, 2), 200, axis=0)
    found = feature_measures(real, collapsed, other)
    assert found["diversity"].model < 0.01 * found["diversity"].real
    assert found["kid"].model > 10 * abs(found["kid"].real)


def test_a_classifier_learns_two_colours_and_names_wrong_samples() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(2, size=200)
    pictures = random.integers(0, 60, size=(200, 3, 8, 8)).astype(np.uint8)
    pictures[np.arange(200), 2 * labels] += 150  # red or blue
    network = train_classifier(pictures[:150], labels[:150], 2, steps=30)
    assert accuracy(network, pictures[150:], labels[150:]) == 1.0
    assert accuracy(network, pictures[150:], 1 - labels[150:]) == 0.0
