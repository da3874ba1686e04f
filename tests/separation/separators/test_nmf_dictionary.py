"""Known instruments as a method: names, sums, levels, pieces, silence, tiny and odd songs, any dictionary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from separation import separate
from separation.audio.signal import Audio
from separation.audio.writing import save as save_audio
from separation.errors import InputError, ParameterError
from separation.nmf.dictionaries.dictionary import Transform
from separation.nmf.dictionaries.file import save
from separation.nmf.dictionaries.sounds import Sound
from separation.nmf.dictionaries.training import train
from separation.progress import SILENT
from separation.separators import dictionary_hits, moments, nmf_dictionary, shares
from tests.songs import Song, compose

FOUR = "voice+drums+bass+other"


def run(audio: Audio, **values: int | str | float) -> np.ndarray:
    settled = nmf_dictionary.DictionaryParameters(**{"iterations": 20, **values})  # type: ignore[arg-type]
    return np.concatenate(list(nmf_dictionary.stream(audio.stream(), settled, SILENT)), axis=2)


def test_it_sums_scales_and_repeats_itself(short_song: Song, monkeypatch: pytest.MonkeyPatch) -> None:
    x = short_song.mixture
    stems = run(x)
    assert len(stems) == 4
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    np.testing.assert_array_equal(run(x), stems)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 8)), stems / 8, atol=1e-4)
    monkeypatch.setattr(shares, "FRAMES", 37)  # rendered in many pieces
    np.testing.assert_allclose(run(x), stems, atol=1e-5)
    once = replace(x.stream(), again=None)
    settled = nmf_dictionary.DictionaryParameters(iterations=20)
    monkeypatch.undo()
    np.testing.assert_array_equal(np.concatenate(list(nmf_dictionary.stream(once, settled, SILENT)), axis=2), stems)


def test_a_song_too_long_to_learn_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    x = compose(3.0).mixture
    whole = run(x)
    monkeypatch.setattr(nmf_dictionary, "LEARNT", 160)  # of 259 frames
    monkeypatch.setattr(moments, "MOMENT", 16)
    stems = run(x)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    assert np.square(stems - whole).sum() < 0.2 * np.square(x.samples).sum()


def test_the_instruments_of_a_full_song() -> None:
    song = compose(4.0)
    stems = separate(song.mixture, "nmf-dictionary", device="cpu")
    assert list(stems) == ["vocals", "drums", "bass", "other"]

    def usdr(name: str, estimate: np.ndarray) -> float:
        truth = song.stems[name].samples
        return float(10 * np.log10(np.square(truth).sum() / np.square(truth - estimate).sum()))

    for name, gain in (("drums", 3.0), ("bass", 5.0)):
        assert usdr(name, stems[name].samples) > usdr(name, song.mixture.samples) + gain, name


def test_one_taught_from_the_stems_themselves_separates_well(tmp_path: Path) -> None:
    song = compose(3.0)
    sounds = []
    for name, audio in song.stems.items():
        save_audio(tmp_path / f"{name}.wav", audio)
        sounds.append(Sound(tmp_path / f"{name}.wav", name))
    save(tmp_path / "own.safetensors", train(sounds, atoms=8, transform=Transform()))
    stems = separate(
        song.mixture, "nmf-dictionary", device="cpu", dictionary=str(tmp_path / "own.safetensors"), adapt=0,
        rest_atoms=0, sparsity=0,
    )  # fmt: skip
    for name, least in (("vocals", 8.0), ("drums", 3.0), ("bass", 8.0), ("other", 5.0)):
        truth = song.stems[name].samples
        assert 10 * np.log10(np.square(truth).sum() / np.square(truth - stems[name].samples).sum()) > least, name


@pytest.mark.parametrize(
    "audio",
    [
        Audio(np.zeros((2, 5000), np.float32), 44100),
        Audio(np.full((1, 1), 0.5, np.float32), 44100),
        Audio(compose(0.03, channels=1).mixture.samples, 44100),
        compose(0.5, 8000, 1).mixture,
        compose(0.3, 96000).mixture,
        Audio(np.repeat(compose(0.3).mixture.samples, 4, 0), 44100),
    ],
    ids=["silence", "one sample", "shorter than a window", "8 kHz", "96 kHz", "eight channels"],
)
@pytest.mark.parametrize("dictionary", ["drums", FOUR])
def test_odd_songs(audio: Audio, dictionary: str) -> None:
    stems = run(audio, dictionary=dictionary)
    assert stems.shape == (6 if dictionary == "drums" else 4, *audio.samples.shape) and np.isfinite(stems).all()
    np.testing.assert_allclose(stems.sum(0), audio.samples, atol=2e-6)


def test_drums_from_drums(short_song: Song) -> None:
    x = short_song.stems["drums"]
    stems = separate(x, "nmf-dictionary", device="cpu", dictionary="drums")
    assert list(stems) == ["kick", "snare", "hihat", "toms", "cymbals", "rest"]
    np.testing.assert_allclose(sum(stem.samples for stem in stems.values()), x.samples, atol=2e-6)
    low, high = (np.abs(np.fft.rfft(stems[name].samples[1])) for name in ("kick", "hihat"))
    frequency = np.fft.rfftfreq(x.frames, 1 / 44100)
    assert np.average(frequency, weights=low**2) < 400 < 3000 < np.average(frequency, weights=high**2)
    assert np.square(stems["rest"].samples).sum() < 0.1 * np.square(x.samples).sum()
    again = separate(x, "nmf-dictionary", device="cpu", dictionary="drums")
    np.testing.assert_array_equal(again["kick"].samples, stems["kick"].samples)
    once = nmf_dictionary.DictionaryParameters(dictionary="drums")
    passed = np.concatenate(list(nmf_dictionary.stream(replace(x.stream(), again=None), once, SILENT)), axis=2)
    np.testing.assert_allclose(passed[0], stems["kick"].samples, atol=1e-5)


def test_long_drums_come_in_pieces_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    x = compose(5.0).stems["drums"]
    whole = run(x, dictionary="drums")
    for name, seconds in (("LEARNT", 2.5), ("PIECE", 2.0), ("OVERLAP", 0.3)):
        monkeypatch.setattr(dictionary_hits, name, seconds)
    settled = nmf_dictionary.DictionaryParameters(iterations=20, dictionary="drums")
    blocks = list(nmf_dictionary.stream(x.stream(), settled, SILENT))
    assert len(blocks) > 1
    stems = np.concatenate(blocks, axis=2)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    assert np.square(stems - whole).sum() < 0.3 * np.square(x.samples).sum()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loop", "least"), [("drumloop_808", (30.0, 10.0, 14.0)), ("drumloop_funky", (20.0, 14.0, 9.0))]
)
def test_the_drums_of_the_teaching_loops(
    loop: str, least: tuple[float, ...], real_song: Callable[[str], dict[str, Audio]]
) -> None:
    """The masks of true magnitudes reach 46, 9 and 15 dB on the first, 26, 16 and 10 dB on the second."""
    truth = real_song(f"teaching/{loop}")
    stems = separate(truth["mixture"], "nmf-dictionary", device="cpu", dictionary="drums")
    for name, bound in zip(("kick", "snare", "hihat"), least, strict=True):
        t = truth[name].samples
        assert 10 * np.log10(np.square(t).sum() / np.square(t - stems[name].samples).sum()) > bound, name


def test_what_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    x = compose(0.2).mixture
    with pytest.raises(ParameterError, match="no dictionary “kazoo”"):
        separate(x, "nmf-dictionary", device="cpu", dictionary="kazoo")
    (tmp_path / "bad.safetensors").write_text("Dear all")
    with pytest.raises(InputError, match="not a dictionary"):
        separate(x, "nmf-dictionary", device="cpu", dictionary=str(tmp_path / "bad.safetensors"))
