"""The melody path: the cheapest of all, bridging and leaving out as it says; nothing for nothing."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from separation.errors import InputError
from separation.nmf.singer.melody import Costs, hertz_of, near, path


def line(pitches: list[int], count: int = 20, level: float = 1.0) -> torch.Tensor:
    """Salience (N, count): one pitch per frame, −1 for silence, over a faint noise."""
    noise = torch.rand(len(pitches), count, generator=torch.Generator().manual_seed(0)) * 1e-4
    for n, pitch in enumerate(pitches):
        if pitch >= 0:
            noise[n, pitch] = level
    return noise


def cost(way: tuple[int, ...], salience: torch.Tensor, per_semitone: int, costs: Costs, loud: float) -> float:
    floor, total = loud * 10 ** (costs.threshold / 10), 0.0
    for n, at in enumerate(way):
        total -= math.log(floor / loud if at < 0 else float(salience[n, at]) / loud + 0.01 * floor / loud)
        if n:
            a = way[n - 1]
            if (a < 0) != (at < 0):
                total += costs.breath
            elif at >= 0:
                total += min(abs(a - at) * costs.glide / per_semitone, costs.leap)
    return total


@pytest.mark.parametrize("seed", range(8))
def test_no_other_path_is_cheaper(seed: int) -> None:
    salience = torch.rand(5, 4, generator=torch.Generator().manual_seed(seed)).pow(6)
    costs = Costs(threshold=-12.0, glide=2.0, leap=3.0, breath=1.5)
    found = tuple(path(salience, 2, costs, loud=1.0).tolist())
    ways = itertools.product(range(-1, 4), repeat=5)
    best = min(cost(way, salience, 2, costs, 1.0) for way in ways)
    assert cost(found, salience, 2, costs, 1.0) == pytest.approx(best, abs=1e-9)


def test_it_follows_a_line_bridges_a_gap_and_leaves_out_silence() -> None:
    sung = [5] * 10 + [6] * 10 + [7] * 10
    found = path(line(sung), 4).tolist()
    assert found == sung
    gap = line(sung)
    gap[14] = 2e-3  # one faint frame, no pitch in it
    assert path(gap, 4)[14] == 6
    rests = [5] * 10 + [-1] * 20 + [9] * 10
    assert path(line(rests), 4).tolist() == rests


def test_a_short_burst_elsewhere_is_not_followed() -> None:
    salience = line([5] * 30)
    salience[12, 17] = 2.0  # louder for one frame
    assert path(salience, 4).tolist() == [5] * 30


def test_the_level_changes_nothing_and_nothing_sings_in_silence() -> None:
    salience = line([3] * 8 + [-1] * 8)
    assert torch.equal(path(salience, 4), path(salience * 1e-9, 4))
    assert path(torch.zeros(6, 20), 4).tolist() == [-1] * 6
    assert path(torch.zeros(0, 20), 4).shape == (0,)
    with pytest.raises(InputError, match="one row per frame"):
        path(torch.zeros(5), 4)


def test_a_path_in_hertz_and_what_lies_near_it() -> None:
    found = torch.tensor([2, -1, 0])
    hertz = hertz_of(found, torch.tensor([100.0, 200.0, 300.0]))
    assert hertz[0] == 300.0 and hertz[1].isnan() and hertz[2] == 100.0
    assert near(found, 4, 1).tolist() == [[False, True, True, True], [False] * 4, [True, True, False, False]]
