"""Scores: MIDI there and back, tempo changes, pedal, names; what is damaged gets a sentence; what the atoms may do."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import mido
import numpy as np
import pytest
import torch

from separation.errors import InputError
from separation.nmf.painting.maps import unpainted
from separation.nmf.painting.painted import states
from separation.nmf.painting.strokes import Grid
from separation.nmf.scores.alignment import align, class_energy
from separation.nmf.scores.score import Note, Score, read
from separation.nmf.scores.scored import comb_of, start_from
from separation.nmf.scores.warping import BOTH, ONE, _walk, warp
from separation.spectral.stft import stft
from tests.separation.nmf.playing import RATE, duet, play, write

GRID = Grid(RATE, 2048, 512)


def save(path: Path, *tracks: list[mido.Message | mido.MetaMessage], beat: int = 480, kind: int = 1) -> Path:
    file = mido.MidiFile(ticks_per_beat=beat, type=kind)
    file.tracks.extend(mido.MidiTrack(track) for track in tracks)
    file.save(path)
    return path


def on(note: int, time: int = 0, channel: int = 0) -> mido.Message:
    return mido.Message("note_on", note=note, velocity=90, time=time, channel=channel)


def off(note: int, time: int, channel: int = 0) -> mido.Message:
    return mido.Message("note_off", note=note, time=time, channel=channel)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    for tempo in (120.0, 77.0):
        write(tmp_path / "a.mid", duet(), tempo)
        score = read(tmp_path / "a.mid")
        assert score.instruments == ("piano", "flute") and len(score.notes) == len(duet().notes)
        for one, other in zip(score.notes, sorted(duet().notes, key=lambda n: (n.onset, n.instrument)), strict=True):
            assert (one.instrument, one.pitch, one.velocity) == (other.instrument, other.pitch, other.velocity)
            assert abs(one.onset - other.onset) < 2e-3 and abs(one.end - other.end) < 2e-3


def test_tempo_changes_in_another_track_move_the_notes(tmp_path: Path) -> None:
    tempo = [mido.MetaMessage("set_tempo", tempo=500_000), mido.MetaMessage("set_tempo", tempo=1_000_000, time=480)]
    path = save(tmp_path / "a.mid", tempo, [on(60), off(60, 240), on(62, 240), off(62, 480)])
    assert [(n.onset, n.end) for n in read(path).notes] == [(0.0, 0.25), (0.5, 1.5)]


def test_a_pedal_holds_and_a_note_without_end_lasts_to_the_last_event(tmp_path: Path) -> None:
    down, up = (mido.Message("control_change", control=64, value=value) for value in (127, 0))
    path = save(tmp_path / "a.mid", [down, on(60), off(60, 480), up.copy(time=480), on(64), on(67, 480)])
    notes = {n.pitch: (n.onset, n.end) for n in read(path).notes}
    assert notes == {60: (0.0, 1.0), 64: (1.0, 1.5)}


def test_names_of_tracks_else_families_of_programs_and_drums(tmp_path: Path) -> None:
    organ = mido.Message("program_change", program=19, channel=1)
    bass = mido.Message("program_change", program=33, channel=2)
    one_track = [organ, bass, on(60, 0, 1), on(40, 0, 2), on(36, 0, 9), off(60, 480, 1), off(40, 0, 2), off(36, 0, 9)]
    score = read(save(tmp_path / "a.mid", [mido.MetaMessage("track_name", name="My song"), *one_track], kind=0))
    assert set(score.instruments) == {"organ", "bass", "drums"}
    assert [score.instruments[j] for j in score.drums] == ["drums"]
    two = [[mido.MetaMessage("track_name", name=n), on(60), off(60, 480)] for n in ("Violin", "")]
    assert read(save(tmp_path / "b.mid", *two)).instruments == ("Violin", "piano")
    sly = [[mido.MetaMessage("track_name", name=n), on(60), off(60, 480)] for n in ("../../Horn", "a\x00/b", "HORN")]
    assert read(save(tmp_path / "d.mid", *sly)).instruments == ("Horn", "a b")
    many = [[mido.MetaMessage("track_name", name=f"desk {i}"), on(60), off(60, 480)] for i in range(20)]
    assert read(save(tmp_path / "c.mid", *many)).instruments == ("piano",)


@pytest.mark.parametrize(
    "content", [b"", b"MThd", b"RIFF0000WAVE", b"MThd\0\0\0\6\0\1\0\1\0\0MTrk\0\0\0\0", b"\xff" * 300]
)
def test_what_is_damaged_gets_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(content)
    with pytest.raises(InputError, match=r"MIDI|damaged"):
        read(tmp_path / "a.mid")


def test_a_cut_file_an_empty_one_and_a_huge_one(tmp_path: Path) -> None:
    write(tmp_path / "a.mid", duet())
    whole = (tmp_path / "a.mid").read_bytes()
    random = np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(whole[: random.integers(10, len(whole))])
        broken[random.integers(8, len(broken))] ^= int(random.integers(1, 256))
        (tmp_path / "b.mid").write_bytes(broken)
        try:
            assert read(tmp_path / "b.mid").notes
        except InputError as error:
            assert "MIDI" in str(error) or "notes" in str(error) or "damaged" in str(error) or "hours" in str(error)
    with pytest.raises(InputError, match="holds no notes"):
        read(save(tmp_path / "c.mid", []))
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "absent.mid")
    (tmp_path / "d.mid").write_bytes(b"\0" * (9 << 20))
    with pytest.raises(InputError, match="too large"):
        read(tmp_path / "d.mid")


def test_combs_have_zeros_between_partials() -> None:
    comb = comb_of(69.0, Grid(44100, 4096, 1024))
    hertz = torch.arange(2049) * 44100 / 4096
    assert float(comb[(hertz > 480) & (hertz < 840)].max()) == 0.0
    assert int(comb.argmax()) == round(440 * 4096 / 44100) and (comb[(hertz > 860) & (hertz < 900)] > 0).any()
    assert not comb_of(140.0, Grid(8000, 1024, 256)).any()


def test_zeros_of_spectra_and_activations_survive_and_the_loss_falls() -> None:
    score = Score(("piano", "flute", "drums"), (*duet(4.0).notes, Note(2, 38, 1.0, 1.1)), frozenset({2}))
    V = stft(torch.from_numpy(sum(play(duet(4.0), 4.0).values())), 2048, 512)[0].abs()
    first = start_from(V, score, GRID, torch.arange(V.shape[1]))
    last = list(islice(states(V, first, unpainted(4, *V.shape)), 31))[-1]
    assert torch.equal(last.H == 0, first.H == 0) and torch.equal(last.W == 0, first.W == 0)
    assert len(first.sizes) == 4 and first.sizes[2:] == (1, 4)
    drum = torch.nonzero(first.H[first.places[2]][0])[:, 0] * 512 / RATE
    assert 0.85 < float(drum[0]) < 1.0 and 1.4 < float(drum[-1]) < 1.55
    note = duet(4.0).notes[0]
    sounds = torch.nonzero(first.H[sorted({n.pitch for n in duet(4.0).notes if n.instrument == 0}).index(note.pitch)])
    assert float(sounds.min()) == 0


def test_the_cheapest_way_is_that_of_the_whole_table() -> None:
    random = np.random.default_rng(2)
    x, y = random.random((12, 3)), random.random((9, 3))
    cost = np.linalg.norm(x[:, None] - y[None], axis=2)
    D = np.full((13, 10), np.inf)
    for i in range(12):
        for j in range(9):
            D[i + 1, j + 1] = cost[i, j] if i == j == 0 else min(
                D[i, j] + BOTH * cost[i, j], D[i, j + 1] + ONE * cost[i, j], D[i + 1, j] + ONE * cost[i, j]
            )  # fmt: skip
    way = _walk(x, y, np.zeros(12, int), np.full(12, 9))
    steps = np.diff(way, axis=0)
    assert tuple(way[0]) == (0, 0) and tuple(way[-1]) == (11, 8) and steps.min() >= 0 and steps.max() == 1
    paid = cost[0, 0] + sum(
        cost[i, j] * (BOTH if a and b else ONE) for (i, j), (a, b) in zip(way[1:], steps, strict=True)
    )
    assert paid == pytest.approx(D[12, 9], rel=1e-9)


def test_a_long_way_is_found_in_bands() -> None:
    random = np.random.default_rng(1)
    y = np.cumsum(random.standard_normal((6000, 4)), axis=0) / 10
    when = np.interp(np.arange(5000), [0, 1500, 3000, 4999], [0, 2600, 3300, 5999])
    way = warp(y[when.round().astype(int)], y)
    assert np.median(np.abs(when[way[:, 0]] - way[:, 1])) < 3
    for count in ((1, 1), (1, 700), (900, 1), (401, 402)):
        ends = warp(y[: count[0]], y[: count[1]])
        assert tuple(ends[0]) == (0, 0) and tuple(ends[-1]) == (count[0] - 1, count[1] - 1)


def test_a_stretched_score_is_laid_on_the_song_again() -> None:
    score, seconds = duet(12.0), 12.0
    V = stft(torch.from_numpy(sum(play(score, seconds).values())), 2048, 512)[0].abs()
    knots = np.linspace(0.0, seconds, 9)
    bent = 1.25 * knots + np.array([0.0, 0.5, -0.4, 0.3, 0.6, -0.5, 0.2, -0.3, 0.0])
    wrong = score.moved(lambda second: float(np.interp(second, knots, bent)))
    right = align(class_energy(V, GRID), wrong, GRID)
    far = np.array([abs(a.onset - b.onset) for a, b in zip(right.notes, score.notes, strict=True)])
    assert np.median(far) < 0.03 and np.quantile(far, 0.9) < 0.12
    onsets = [n.onset for n in right.notes]
    assert all(n.end > n.onset for n in right.notes) and min(np.diff(onsets)) >= 0
    drums = Score(("drums",), (Note(0, 38, 1.0, 1.1),), frozenset({0}))
    assert align(class_energy(V, GRID), drums, GRID) is drums
    assert align(class_energy(V * 0, GRID), score, GRID) is score
