"""Strokes: JSON there and back, what is damaged gets a sentence, and where they lie on the spectrogram."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from separation.errors import InputError, OutputError
from separation.nmf.painting.maps import TILE
from separation.nmf.painting.strokes import Grid, Painting, Stroke, changed, load, rasterise, save

GRID = Grid(44100, 4096, 1024)
VOICE = Stroke("vocals", 300.0, 4000.0, 2.0, 3.0, 40.0, 0.0)


def dense(strokes: list[Stroke], names: tuple[str, ...], first: int, last: int) -> torch.Tensor:
    """M (J, F, N) of the maps, ones where nothing was painted."""
    maps = rasterise(strokes, names, GRID, first, last)
    M = torch.ones(len(names), GRID.bins, last - first)
    for rows, tile in maps.pieces(0, last - first):
        for s, m in enumerate(tile.M if tile else ()):
            if m is not None and tile is not None:
                M[s, tile.low : tile.high, rows] = m.T
    return M


def test_json_there_and_back(tmp_path: Path) -> None:
    painting = Painting(("vocals", "drums"), (VOICE, Stroke("drums", 0, 20, 0.5, 1.5, -12.5, 1.0)))
    save(tmp_path / "a.json", painting)
    assert load(tmp_path / "a.json") == painting
    with pytest.raises(OutputError, match="choose another place"):
        save(tmp_path / "no" / "a.json", painting)


def test_sources_need_not_be_listed(tmp_path: Path) -> None:
    one = {"source": "vocals", "low_hz": 100, "high_hz": 200, "start_s": 0, "end_s": 1}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"format": "unbraid strokes", "version": 1, "strokes": [one]}))
    assert load(path).sources == ("vocals", "other")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "x"}, "must begin with the format"),
        ({"version": 2}, "another version"),
        ({"strokes": 3}, "a list"),
        ({"strokes": [{"source": "a"}]}, "Stroke 1 .* lacks"),
        ({"strokes": [{"colour": 1}]}, "not colour"),
        ({"sources": ["a", "a"]}, "different sources"),
        ({"sources": ["a"]}, "2 to 16"),
        ({"sources": ["a", "A"]}, "different sources"),
        ({"sources": ["../a", "b"]}, "no file may have"),
        ({"sources": [".a", "b"]}, "no file may have"),
        ({"sources": ["a\nb", "b"]}, "no file may have"),
        ({"sources": [1, 2]}, "list of names"),
        ({"sources": ["drums", "bass"]}, "not among its sources"),
    ],
)
def test_what_is_damaged_gets_a_sentence(change: dict[str, object], said: str, tmp_path: Path) -> None:
    raw = {
        "format": "unbraid strokes", "version": 1, "sources": ["vocals", "other"],
        "strokes": [{"source": "vocals", "low_hz": 1, "high_hz": 2, "start_s": 0, "end_s": 1}],
    }  # fmt: skip
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**raw, **change}))
    with pytest.raises(InputError, match=said):
        load(path)


@pytest.mark.parametrize("text", ["", "{", "[" * 100000, "null", "\x00"])
def test_what_is_no_json(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError):
        load(path)
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "absent.json")


@pytest.mark.parametrize(
    "values",
    [
        (math.nan, 2, 0, 1), (3, 2, 0, 1), (1, 2, 1, 1), (-1, 2, 0, 1), (1, 2, 0, math.inf), ("1", 2, 0, 1),
        (1, True, 0, 1),
    ],
)
def test_a_stroke_has_an_area(values: tuple[float, float, float, float]) -> None:
    with pytest.raises(InputError):
        Stroke("a", *values)


def test_this_is_holds_the_others_down_and_this_is_not_the_source_itself() -> None:
    names = ("drums", "vocals", "other")
    M = dense([VOICE], names, 0, 200)
    inside = M[0, 60, 100]  # 646 Hz, 2.3 s
    assert float(20 * torch.log10(inside)) == pytest.approx(-40.0, abs=1e-3)
    assert torch.equal(M[0], M[2]) and bool((M[1] == 1.0).all())
    M = dense([Stroke("vocals", 300, 4000, 2.0, 3.0, -20.0, 0.0)], names, 0, 200)
    assert float(M[1, 60, 100]) == pytest.approx(0.1) and bool((M[0] == 1.0).all() & (M[2] == 1.0).all())
    painted = torch.nonzero(M[1] < 1.0)
    hertz, seconds = painted[:, 0] * 44100 / 4096, painted[:, 1] * 1024 / 44100
    assert 294 < hertz.min() < 306 and 3994 < hertz.max() < 4006
    assert 1.98 < seconds.min() < 2.02 and 2.98 < seconds.max() < 3.02


def test_soft_edges_rise_from_nothing_and_strokes_add_up() -> None:
    soft = dense([Stroke("a", 300, 4000, 2.0, 3.0, 40.0, 1.0)], ("a", "b"), 0, 200)[1]
    row, middle = soft[:, 107], 200
    assert bool((row[28:middle].diff() <= 0).all()) and bool((row[middle:372].diff() >= 0).all()) and row[29] > 0.9
    double = dense([VOICE, VOICE], ("vocals", "b"), 0, 200)[1, 60, 100]
    assert float(20 * torch.log10(double)) == pytest.approx(-80.0, abs=1e-2)


def test_a_part_of_the_song_has_the_same_map() -> None:
    strokes = [VOICE, Stroke("drums", 2000, 9000, 2.5, 4.0, -30, 0.5), Stroke("ghost", 1, 20000, 0, 9)]
    whole = dense(strokes, ("vocals", "drums"), 0, 250)
    for first, last in ((0, 250), (77, 203), (TILE, TILE + 1), (240, 250)):
        assert torch.equal(dense(strokes, ("vocals", "drums"), first, last), whole[:, :, first:last])


def test_what_changed_between_two_sets_of_strokes() -> None:
    other = Stroke("drums", 1, 2, 7.0, 8.0)
    assert changed([VOICE], [VOICE]) is None
    assert changed([VOICE], [VOICE, other]) == (7.0, 8.0) == changed([VOICE, other], [VOICE])
    first, last = GRID.frames_of(1.0, 2.0)
    assert first * 1024 + 2048 > 44100 >= (first - 1) * 1024 + 2048 and (last - 1) * 1024 - 2048 < 88200
