"""The layouts: bass and kick are points, unknown stems spread out, the stage follows the law of tangents."""

from __future__ import annotations

import numpy as np
import pytest

from separation.errors import ParameterError
from separation.mix.stage import FAMILIES, LAYOUTS, STAGE, family, places, seen


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_known_player_has_a_place(layout: str) -> None:
    names = tuple(alike[0] for alike in FAMILIES.values())
    found = dict(zip(FAMILIES, places(names, layout), strict=True))
    assert all(-1 <= place.pan <= 1 and 0 <= place.width <= 1 for place in found.values())
    assert found["bass"].width == found["kick"].width == 0
    assert found["vocals"].pan == 0
    assert found["vocals"].width < 0.2
    assert found["drums"].lowest == 2000
    assert found["drums"].seconds < 0.01
    assert found["whole"].width >= 0.4


def test_wide_is_wider_than_natural() -> None:
    names = ("vocals", "guitar", "piano", "other", "drums")
    for narrow, wide in zip(places(names, "natural"), places(names, "wide"), strict=True):
        assert wide.width > narrow.width
        assert abs(wide.pan) >= abs(narrow.pan)


def test_players_stand_where_the_plan_has_them() -> None:
    for degrees, metres in STAGE.values():
        pan, _ = seen(degrees, metres)
        left, right = 1 - pan, 1 + pan  # the linear law
        heard = np.degrees(np.arctan((right - left) / (right + left) * np.tan(np.radians(30))))
        assert heard == pytest.approx(degrees)
    assert seen(0, 5)[1] > seen(0, 3)[1]
    assert seen(80, 3)[0] == 1.0
    guitar, bass, keys = places(("guitar", "bass", "piano"), "stage")
    assert guitar.pan < bass.pan < 0 < keys.pan


def test_names_as_methods_and_people_write_them() -> None:
    assert family("Guitar 2") == family("guitar_1") == family("guitars") == "guitar"
    assert family("backing_vocals") == "backing"
    assert family("Hihat") == "hats"
    assert family("source 3") == ""


def test_strangers_spread_evenly_and_one_alone_stays_in_the_middle() -> None:
    pans = [place.pan for place in places(tuple(f"source {k}" for k in range(1, 6)), "natural")]
    assert sorted(pans) == pytest.approx([-0.5, -0.25, 0, 0.25, 0.5])
    assert pans[0] == 0
    assert places(("source",), "wide")[0].pan == 0
    assert [p.pan for p in places(("vocals", "x", "y"), "wide")] == pytest.approx([0, -0.8, 0.8])


def test_unknown_layouts_are_refused() -> None:
    with pytest.raises(ParameterError, match="natural, wide, stage"):
        places(("vocals",), "opera")
