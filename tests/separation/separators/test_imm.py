"""The singer lifted out: a vibrato voice over chords, its melody, a melody by hand; sums, silence, tiny songs."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from separation import separate
from separation.audio.signal import Audio
from separation.errors import ParameterError
from separation.nmf import melody_line
from separation.nmf.singer import imm as engine
from separation.nmf.singer.imm import Singer, follow
from separation.progress import SILENT
from separation.separators import imm
from separation.spectral.stft import stft
from tests.songs import Song

RATE, N_FFT, HOP = 22050, 2048, 512


def run(audio: Audio, **values: float) -> np.ndarray:
    settled = imm.ImmParameters(**values)  # type: ignore[arg-type]
    return np.concatenate(list(imm.stream(audio.stream(), settled, SILENT)), axis=2)


def usdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.square(truth).sum() / np.square(truth - estimate).sum()))


def vibrato_over_chords(seconds: float = 4.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Voice (T,), chords (T,), and the true f0 (T,), NaN in the pauses."""
    time = np.arange(round(seconds * RATE)) / RATE
    notes = np.array([220.0, 261.6, 329.6, 293.7])[(time / 0.5).astype(int) % 4]
    f0 = notes * 2 ** (0.5 / 12 * np.sin(2 * np.pi * 5.5 * time))
    phase = np.cumsum(f0) / RATE
    sung = (time % 2.0) < 1.5
    edge = np.convolve(sung, np.hanning(600) / np.hanning(600).sum(), "same")
    voice = edge * sum(
        np.sin(2 * np.pi * h * phase) * (np.exp(-(((h * f0 - 700) / 300) ** 2)) + 0.4 / h) for h in range(1, 20)
    )
    chords = np.zeros_like(time)
    for k, root in enumerate((98.0, 110.0, 130.8, 123.5)):
        on = ((time / 1.0).astype(int) % 4) == k
        for ratio in (1.0, 1.5, 2.0, 2.52):
            chords += on * sum(np.sin(2 * np.pi * h * root * ratio * time) / h**1.5 for h in range(1, 8))
    voice, chords = 0.1 * voice / voice.std(), 0.1 * chords / chords.std()
    return voice, chords, np.where(sung, f0, np.nan)


def test_a_vibrato_voice_over_chords_is_followed_and_lifted_out() -> None:
    voice, chords, f0 = vibrato_over_chords()
    seconds, hertz = melody_line((voice + chords).astype(np.float32)[None], RATE)
    melody = hertz.numpy()
    truth = f0[np.minimum((seconds.numpy() * RATE).round().astype(int), len(f0) - 1)]
    voiced = ~np.isnan(truth)
    cents = np.abs(1200 * np.log2(melody[voiced] / truth[voiced]))
    assert np.mean(cents < 50) >= 0.9  # NaN, where it was not heard, counts as wrong
    assert np.mean(np.isnan(melody[~voiced])) >= 0.6
    stereo = np.stack([voice + chords] * 2).astype(np.float32)
    stems = run(Audio(stereo, RATE))
    assert usdr(np.stack([voice] * 2), stems[0]) > usdr(voice, voice + chords) + 6.0
    assert usdr(np.stack([chords] * 2), stems[1]) > usdr(chords, voice + chords) + 6.0


def test_a_melody_by_hand_is_followed() -> None:
    voice, chords, _ = vibrato_over_chords(2.0)
    singer = Singer.of(N_FFT, HOP, RATE)
    V = singer.powers(stft(torch.tensor(voice + chords).float()[None], N_FFT, HOP))
    by_hand = torch.full((V.shape[1],), math.nan, dtype=torch.float64)
    by_hand[20:60], by_hand[60:70] = 247.0, 0.0
    found = follow(V, singer, melody=by_hand, steps=(3, 3, 1))
    sung = ~found.melody.isnan()
    assert torch.equal(sung.nonzero()[:, 0], torch.arange(20, 60))
    assert bool(((found.melody[sung] / 247.0).log2().abs() * 1200 < 13.0).all())
    pitched = found.leads[0].H_F0[:, :-1] > 0.0  # the last source has no pitch
    assert not pitched[:20].any() and not pitched[60:].any() and int(pitched[30].sum()) == 5
    with pytest.raises(ParameterError, match="one frequency per frame"):
        follow(V, singer, melody=by_hand[:9])


def test_it_sums_scales_and_repeats_itself(short_song: Song, monkeypatch: pytest.MonkeyPatch) -> None:
    x = short_song.mixture
    stems = run(x, effort=0.2, tries=2)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    np.testing.assert_array_equal(run(x, effort=0.2, tries=2), stems)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 8), effort=0.2, tries=2), stems / 8, atol=1e-4)
    monkeypatch.setattr(engine, "PART", 35)  # learnt in many parts
    monkeypatch.setattr(engine, "AROUND", 5)
    parts = run(x, effort=0.2, tries=2)
    np.testing.assert_allclose(parts.sum(0), x.samples, atol=2e-6)
    assert parts.shape == stems.shape


def test_a_very_quiet_song_comes_apart_like_a_loud_one() -> None:
    voice, chords, _ = vibrato_over_chords(1.0)
    x = (voice + chords).astype(np.float32)[None]
    loud, quiet = run(Audio(x, RATE), effort=0.3), run(Audio(x * np.float32(2.0**-20), RATE), effort=0.3)
    np.testing.assert_allclose(quiet * 2.0**20, loud, atol=2e-3)


@pytest.mark.parametrize(("channels", "count", "rate"), [(2, 1, 44100), (1, 5000, 8000), (8, 3000, 48000)])
def test_silence_and_tiny_songs(channels: int, count: int, rate: int) -> None:
    assert not run(Audio(np.zeros((channels, count), np.float32), rate), effort=0.1, tries=2).any()
    x = Audio(np.full((channels, count), 0.1, np.float32), rate)
    np.testing.assert_allclose(run(x, effort=0.1, tries=2).sum(0), x.samples, atol=1e-6)


def test_a_song_that_begins_with_silence() -> None:
    voice, chords, _ = vibrato_over_chords(1.0)
    x = np.concatenate([np.zeros(RATE), voice + chords]).astype(np.float32)[None]
    stems = run(Audio(x, RATE), effort=0.2, tries=2)
    assert np.isfinite(stems).all() and not stems[..., : RATE - N_FFT].any()


def test_the_range_must_hold_a_note(short_song: Song) -> None:
    with pytest.raises(ParameterError, match="lowest note"):
        separate(short_song.mixture, "imm", device="cpu", lowest=400.0, highest=200.0)


def test_a_real_song(real_song: Callable[[str], dict[str, Audio]]) -> None:
    stems = real_song("musicdelta_rock")
    cut = slice(0, 6 * 44100)
    mixture, vocals = (stems[name].samples[:, cut] for name in ("mixture", "vocals"))
    found = run(stems["mixture"].with_samples(mixture))
    assert usdr(vocals, found[0]) > max(usdr(vocals, mixture) + 3.0, 0.0)
