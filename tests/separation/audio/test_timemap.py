from __future__ import annotations

import numpy as np
import pytest

from separation.audio.timemap import TimeMap


@pytest.mark.parametrize("factor", [0.25, 0.8, 1.0, 1.9, 8.0])
def test_attacks_lie_where_the_even_stretch_puts_them_and_pass_at_natural_speed(factor: float) -> None:
    attacks = (5000, 12_000, 12_900, 40_000)
    time = TimeMap(factor, 50_000, attacks, 1000)
    places = np.arange(-3000, round(50_000 * factor) + 3000)
    found = time(places)
    assert (np.diff(found) >= 0).all()
    for number, attack in enumerate(attacks):
        middle = round(attack * factor)
        assert abs(int(time(np.asarray([middle]))[0]) - attack) <= 1
        inside = places[time.attack_at(places) == number]
        assert len(inside) >= min(2000, 0.59 * 900 * min(1, factor)) - 1
        assert np.abs(np.diff(time(inside)) - 1).max() <= 1
        assert abs((time(inside[-1:]) - time(inside[:1]))[0] - (inside[-1] - inside[0])) <= 1
    assert abs(int(time(np.asarray([round(50_000 * factor)]))[0]) - 50_000) <= max(1, 1 / factor)


def test_without_attacks_it_is_even() -> None:
    assert np.array_equal(TimeMap(2.0, 1000)(np.arange(0, 2000, 2)), np.arange(1000))
    assert (TimeMap(2.0, 1000).attack_at(np.arange(5)) == -1).all()
