from __future__ import annotations

import numpy as np
import pytest

from separation.audio.attacks import find_attacks, merged
from tests.songs import Song

RATE = 44100


def test_the_hits_of_a_drum_stem_are_found(song: Song) -> None:
    found = np.asarray(find_attacks([song.stems["drums"].samples], RATE)) / RATE
    wanted = np.arange(32) * 0.25
    missed = [w for w in wanted if np.abs(found - w).min() > 0.003]
    assert not missed
    assert len(found) <= len(wanted) + 2


@pytest.mark.parametrize("size", [1, 997, 100_000])
def test_the_size_of_the_blocks_changes_nothing(song: Song, size: int) -> None:
    sound = song.stems["drums"].samples[:, :60_000] if size > 1 else song.stems["drums"].samples[:, :15_000]
    blocks = [sound[:, at : at + size] for at in range(0, sound.shape[1], size)]
    assert find_attacks(blocks, RATE) == find_attacks([sound], RATE)


@pytest.mark.parametrize("shape", [(2, 0), (1, 1), (8, 5000)])
def test_nothing_has_no_attacks(shape: tuple[int, int]) -> None:
    assert find_attacks([np.zeros(shape, np.float32)], 8000) == ()
    assert find_attacks([], 8000) == ()


def test_a_steady_tone_has_no_attacks_but_its_beginning() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(3 * RATE) / RATE).astype(np.float32)
    assert [a for a in find_attacks([tone[None]], RATE) if 0.1 * RATE < a < 2.9 * RATE] == []


def test_where_stems_begin_together_the_first_one_counts() -> None:
    assert merged([[1000, 90_000], [1200, 50_000], [49_000, 60_000]], RATE) == (1000, 50_000, 60_000, 90_000)
