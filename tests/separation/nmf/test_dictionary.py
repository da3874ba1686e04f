"""Dictionaries: what they must be, their files, merging, and other transforms."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save as packed

from separation.audio.writing import save as save_audio
from separation.errors import InputError, OutputError, ParameterError
from separation.nmf.dictionaries.choice import chosen, named, shipped
from separation.nmf.dictionaries.dictionary import (
    Dictionary,
    Origin,
    Transform,
    concatenated,
    pruned,
    without_duplicates,
)
from separation.nmf.dictionaries.file import header, load, save
from separation.nmf.dictionaries.sounds import Sound, find_sounds, label_of, pitch_of
from separation.nmf.dictionaries.training import train
from separation.nmf.dictionaries.transform import resampled
from tests.songs import compose

SMALL = Transform(8000, 256, 64)
ROOT = Path(__file__).resolve().parents[3]


def some(labels: tuple[str, ...] = ("kick", "kick", "snare"), seed: int = 0) -> Dictionary:
    random = np.random.default_rng(seed)
    W = random.random((SMALL.bins, len(labels)), np.float32) ** 8
    count = len(labels)
    return Dictionary(W, labels, SMALL, tuple(range(40, 40 + count)), random.random(count).astype(np.float32),
                      -random.random(count).astype(np.float32), random.random(count).astype(np.float32),
                      origin=Origin("some", "CC0 1.0", "random numbers"))  # fmt: skip


def cosines(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    return (A / np.linalg.norm(A, axis=0)).T @ (B / np.linalg.norm(B, axis=0))


@pytest.mark.parametrize(("half", "error"), [(True, 2e-3), (False, 1e-7)])
def test_what_is_saved_comes_back(half: bool, error: float, tmp_path: Path) -> None:
    before = some()
    save(tmp_path / "mine.safetensors", before, half=half)
    after = load(tmp_path / "mine.safetensors")
    np.testing.assert_allclose(after.W, before.W, rtol=error, atol=error * before.W.max())
    np.testing.assert_allclose(after.W.sum(0), 1.0, rtol=1e-6)
    for name in ("labels", "pitches", "transform", "divergence", "origin"):
        assert getattr(after, name) == getattr(before, name)
    for name in ("energy", "gain", "spread"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert header(tmp_path / "mine.safetensors").groups == ("kick", "snare")
    assert [p.name for p in tmp_path.iterdir()] == ["mine.safetensors"]
    with pytest.raises(ValueError, match="read-only"):
        after.W[0, 0] = 1.0


def test_a_header_is_read_without_torch(tmp_path: Path) -> None:
    save(tmp_path / "mine.safetensors", some())
    code = (
        "import sys\nfrom separation.nmf.dictionaries.choice import named\n"
        f"print(named({str(tmp_path / 'mine.safetensors')!r}), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split("\n")[0] == "('kick', 'snare', 'rest') False"


def _damaged(tmp_path: Path, **words: str | None) -> Path:
    """A file whose metadata say something else."""
    save(tmp_path / "good.safetensors", some())
    content = (tmp_path / "good.safetensors").read_bytes()
    size = int.from_bytes(content[:8], "little")
    table = json.loads(content[8 : 8 + size])
    for name, value in words.items():
        if value is None:
            del table["__metadata__"][name]
        else:
            table["__metadata__"][name] = value
    new = json.dumps(table).encode()
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(len(new).to_bytes(8, "little") + new + content[8 + size :])
    return bad


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"format": "something"}, "is not a dictionary"),
        ({"version": "2"}, "version 2, this program reads version 1"),
        ({"labels": None}, "does not say labels"),
        ({"labels": "not json"}, "cannot be understood"),
        ({"labels": "[1, 2, 3]"}, "cannot be understood"),
        ({"labels": '["../kick", "kick", "snare"]'}, "cannot be the label"),
        ({"labels": '["kick"]', "pitches": "[1]"}, "should be 129 × 1"),
        ({"pitches": "[1, 2]"}, "cannot be understood"),
        ({"pitches": "[1, 2, 900]"}, "MIDI notes"),
        ({"n_fft": "1e99"}, "cannot be understood"),
        ({"n_fft": "99999999999"}, "even window"),
        ({"n_fft": "512"}, "should be 257 × 3"),
        ({"hop": "0"}, "hop"),
        ({"sample_rate": "-5"}, "sample rate"),
        ({"window": "kaiser"}, "unknown here"),
        ({"domain": "linear"}, "should be 129 × 3"),
        ({"divergence": "mine"}, "not “mine”"),
        ({"sha256": "00"}, "were altered"),
    ],
)
def test_a_file_that_lies_gets_a_sentence(words: dict[str, str | None], says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=says) as caught:
        load(_damaged(tmp_path, **words))
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_a_file_that_is_damaged_or_no_dictionary_gets_a_sentence(tmp_path: Path) -> None:
    save(tmp_path / "good.safetensors", some())
    content = (tmp_path / "good.safetensors").read_bytes()
    samples = {
        "empty": b"", "text": b"Dear all,\n" * 20, "cut": content[:-10], "head": content[:40],
        "huge header": (1 << 60).to_bytes(8, "little") + content[8:], "pickle": b"\x80\x04cos\nsystem\n.",
        "tensors": packed({"W": np.ones((3, 2), np.float32)}),
    }  # fmt: skip
    for name, bad in samples.items():
        (tmp_path / name).write_bytes(bad)
        for read in (load, header):
            with pytest.raises(InputError, match="not a dictionary"):
                read(tmp_path / name)
    for place, says in ((tmp_path / "none", "no dictionary"), (tmp_path, "not a file")):
        with pytest.raises(InputError, match=says):
            load(place)
    with pytest.raises(OutputError, match="cannot be written"):
        save(tmp_path / "good.safetensors" / "x.safetensors", some())
    assert (tmp_path / "good.safetensors").read_bytes() == content


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e-3])
def test_numbers_that_are_none(value: float, tmp_path: Path) -> None:
    W = some().W.copy()
    W[5, 1] = value
    with pytest.raises(InputError, match="finite numbers that are not negative"):
        replace(some(), W=W)
    with pytest.raises(InputError, match="all zeros"):
        replace(some(), W=np.zeros_like(W))
    with pytest.raises(InputError, match="needs atoms of shape 129 × 3"):
        replace(some(), W=W[:, :2])


def test_near_duplicates_become_their_energy_weighted_mean() -> None:
    one = some(("kick", "snare"))
    close = one.W * (1.0 + 0.02 * np.random.default_rng(1).random(one.W.shape, np.float32))
    two = replace(one, W=close, energy=np.array([3.0, 1.0], np.float32))
    one = replace(one, energy=np.array([1.0, 1.0], np.float32))
    merged = without_duplicates(concatenated([one, two]))
    assert merged.labels == ("kick", "snare") and merged.energy.sum() == pytest.approx(2.0)
    shares = np.array([0.5, 0.75])
    expected = (shares[0] * one.W[:, 0] + shares[1] * two.W[:, 0]) / shares.sum()
    np.testing.assert_allclose(merged.W[:, 0], expected / expected.sum(), rtol=1e-5)
    relabelled = replace(two, labels=("tom", "hihat"))
    assert len(without_duplicates(concatenated([one, relabelled])).labels) == 4


def test_pruning_keeps_every_label() -> None:
    whole = replace(some(("kick", "kick", "snare", "hihat")), energy=np.array([5, 4, 1, 2], np.float32))
    assert pruned(whole, 3).labels == ("kick", "snare", "hihat")
    assert pruned(whole, 4).labels == whole.labels
    with pytest.raises(ParameterError, match="2 are too few"):
        pruned(whole, 2)
    with pytest.raises(ParameterError, match="different transforms"):
        concatenated([whole, resampled(whole, Transform(8000, 512, 128))])


def test_what_is_rare_costs() -> None:
    mine = replace(some(("kick", "kick", "tom", "ride")), energy=np.array([0.5, 0.5, 0.1, 0.01], np.float32))
    np.testing.assert_allclose(mine.prices(), [0.0, 0.0, 0.25, 0.5], atol=1e-6)


@pytest.fixture(scope="module")
def stems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """True stems in files, as MUSDB has them."""
    folder = tmp_path_factory.mktemp("stems") / "song"
    folder.mkdir()
    song = compose(1.5, channels=1)
    for name, audio in song.stems.items():
        save_audio(folder / f"{name}.wav", audio)
    save_audio(folder / "mixture.wav", song.mixture)
    return folder


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (Transform(44100, 4096, 1024), Transform(44100, 2048, 512)),
        (Transform(44100, 2048, 512), Transform(44100, 1024, 256)),
        (Transform(44100, 4096, 1024), Transform(48000, 4096, 1024)),
        (Transform(44100, 4096, 1024), Transform(22050, 2048, 512)),
        (Transform(44100, 4096, 1024), Transform(32000, 1024, 256)),
    ],
)
def test_a_resampled_dictionary_is_like_one_learnt_there(here: Transform, there: Transform, stems: Path) -> None:
    for name in ("bass", "drums"):
        sounds = [Sound(stems / f"{name}.wav", name)]
        learnt, target = (train(sounds, transform=each, atoms=1) for each in (here, there))
        moved = resampled(learnt, there)
        assert moved.transform == there and moved.labels == learnt.labels
        assert cosines(moved.W, target.W)[0, 0] > 0.97, name
        np.testing.assert_allclose(moved.W.sum(0), 1.0, rtol=1e-5)
    assert resampled(learnt, here) is learnt
    flat = Dictionary(np.ones((here.bins, 1), np.float32), ("noise",), here)
    inside = np.arange(there.bins) * there.sample_rate / there.n_fft < 0.9 * here.sample_rate / 2
    level = resampled(flat, there).W[inside, 0]
    np.testing.assert_allclose(level, level.mean(), rtol=1e-3)


def test_learning_finds_the_notes_it_was_given(stems: Path, tmp_path: Path) -> None:
    sounds, notices = find_sounds([stems])
    assert not notices and [s.label for s in sounds] == ["bass", "drums", "other", "vocals"]
    learnt = train(sounds, atoms=6, transform=Transform(44100, 2048, 512))
    assert set(learnt.groups) == {"bass", "drums", "other", "vocals"} and 4 <= len(learnt.labels) <= 24
    assert learnt.energy.sum() == pytest.approx(1.0) and (learnt.gain <= 0).all()
    again = train(sounds, atoms=6, transform=Transform(44100, 2048, 512))
    np.testing.assert_array_equal(again.W, learnt.W)
    frequency = np.arange(1025) * 44100 / 2048
    middle = {name: np.average(frequency @ learnt.W, weights=learnt.energy * [x == name for x in learnt.labels])
              for name in learnt.groups}  # fmt: skip
    assert middle["bass"] < middle["vocals"] < middle["drums"]
    likeness = cosines(learnt.W, learnt.W) - np.eye(len(learnt.labels))
    same = np.array([[a == b for a in learnt.labels] for b in learnt.labels])
    assert likeness[same].max() <= 0.975


def test_what_cannot_be_learnt_from_gets_a_sentence(stems: Path, tmp_path: Path) -> None:
    silent = tmp_path / "kick.wav"
    save_audio(silent, compose(0.2).mixture.with_samples(np.zeros((1, 4000), np.float32)))
    with pytest.raises(InputError, match="“kick” are silent"):
        train([Sound(silent, "kick")])
    told: list[str] = []
    learnt = train([Sound(silent, "kick"), Sound(stems / "bass.wav", "bass")], atoms=2, notice=told.append)
    assert learnt.groups == ("bass",) and len(told) == 1
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(InputError):
        find_sounds([tmp_path / "text.wav"])
    with pytest.raises(InputError, match="no file or folder"):
        find_sounds([tmp_path / "nothing"])


@pytest.mark.parametrize(
    ("path", "label", "pitch"),
    [
        ("songs/A/vocals.wav", "vocals", -1),
        ("hits/kick/01.wav", "kick", -1),
        ("hits/Hi-Hat/closed_03.wav", "hihat", -1),
        ("hits/loops/BassDrum 3.wav", "kick", -1),
        ("hits/electric guitar.wav", "guitar", -1),
        ("hits/piano/C4.wav", "piano", 60),
        ("hits/piano_F#3.wav", "piano", 54),
        ("hits/piano/Bb-1 soft.wav", "piano", 10),
        ("hits/hurdy gurdy/take 2 A4.wav", "hurdy gurdy", 69),
        ("hits/theremin 12.wav", "theremin", -1),
    ],
)
def test_names_tell_the_instrument_and_the_note(path: str, label: str, pitch: int) -> None:
    place = Path("/") / path
    assert label_of(place, Path("/") / place.parts[1]) == label
    assert pitch_of(place.stem) == pitch


def test_the_shipped_ones_load_and_are_small() -> None:
    names = shipped()
    assert {"drums", "bass", "voice", "other"} <= set(names)
    for name in names:
        (path,) = chosen(name)
        learnt = load(path)
        assert path.stat().st_size <= 210_000 and learnt.origin.name == name
        assert learnt.origin.licence.startswith(("MIT", "CC0")) and "dictionaries.py" in learnt.origin.provenance
    assert named("drums") == ("kick", "snare", "hihat", "toms", "cymbals", "rest")
    assert named("voice+drums+bass+other") == ("vocals", "drums", "bass", "other")
    for text in ("", "+", "flugelhorn", "drums+no/such.safetensors"):
        with pytest.raises(ParameterError, match="choose bass, drums"):
            named(text)


@pytest.mark.parametrize(("name", "label"), [("bass", "bass"), ("piano", "piano"), ("guitar", "guitar")])
def test_shipped_notes_are_the_notes_they_say(name: str, label: str) -> None:
    """Most of each atom's power lies at multiples of its note, which take about a third of the axis at most."""
    (path,) = chosen(name)
    learnt = load(path)
    assert set(learnt.labels) == {label} and min(learnt.pitches) >= 21
    step, power = learnt.transform.sample_rate / learnt.transform.n_fft, np.square(learnt.W)
    f = np.arange(learnt.transform.bins) * step
    shares = []
    for column, pitch in zip(power.T, learnt.pitches, strict=True):
        note = 440.0 * 2 ** ((pitch - 69) / 12)
        if note < 8 * step:
            continue  # its partials are too close to be told apart
        distance = np.abs(f / note - np.round(f / note))
        near = (distance < np.maximum(1.5 * step / note, 0.02 * np.round(f / note))) & (f > 0.5 * note)
        shares.append(column[near & (f < 8.5 * note)].sum() / column.sum())
    assert len(shares) > 20 and np.median(shares) > 0.9
