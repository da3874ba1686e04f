from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from separation.audio.attacks import find_attacks
from separation.audio.stretching import Kind, stretch, stretched_length

RATE = 44100


def stretched(
    samples: np.ndarray, size: int = 50_000, rate: int = RATE, *, tempo: float = 1.0, semitones: float = 0.0,
    kind: Kind = "tonal", attacks: Sequence[int] = (),
) -> np.ndarray:  # fmt: skip
    """The whole of it, fed in blocks of `size`."""
    samples = np.atleast_2d(samples).astype(np.float32)
    blocks = (samples[:, at : at + size] for at in range(0, samples.shape[1], size))
    parts = list(
        stretch(
            blocks, samples.shape[0], samples.shape[1], rate, tempo=tempo, semitones=semitones, kind=kind,
            attacks=attacks,
        )
    )  # fmt: skip
    return np.concatenate(parts, axis=1) if parts else np.zeros((samples.shape[0], 0), np.float32)


def tone(hertz: float, seconds: float = 2.0, level: float = 0.5, rate: int = RATE) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def fitted(sound: np.ndarray, hertz: float, rate: int = RATE) -> tuple[float, np.ndarray]:
    """The frequency near `hertz` of a tone, and what is left of it without the best tone of that frequency."""
    time = np.arange(len(sound)) / rate
    step = int(np.ceil(2 * rate / hertz))
    window = np.hanning(4 * step)
    hops = range(0, len(sound) - 4 * step, step)
    turning = sound * np.exp(-2j * np.pi * hertz * time)
    phases = np.unwrap([np.angle((turning[at : at + 4 * step] * window).sum()) for at in hops])
    found = hertz + np.polyfit(np.asarray(hops) / rate, phases, 1)[0] / (2 * np.pi)
    basis = np.stack([np.cos(2 * np.pi * found * time), np.sin(2 * np.pi * found * time)], axis=1)
    return found, sound - basis @ np.linalg.lstsq(basis, sound, rcond=None)[0]


@pytest.mark.parametrize("tempo", [0.25, 0.7, 1.0, 1.13, 2.0])
@pytest.mark.parametrize("semitones", [-12.0, -0.31, 0.0, 5.0, 12.0])
@pytest.mark.parametrize("kind", ["drums", "voice", "tonal"])
def test_the_length_is_exact(tempo: float, semitones: float, kind: Kind) -> None:
    noise = 0.1 * np.random.default_rng(1).standard_normal((1, 30_011))
    result = stretched(noise, tempo=tempo, semitones=semitones, kind=kind, attacks=(5000, 9000))
    assert result.shape == (1, stretched_length(30_011, tempo))
    assert result.dtype == np.float32 and np.isfinite(result).all()
    assert abs(result.shape[1] - 30_011 / tempo) <= 0.5


@pytest.mark.parametrize("kind", ["drums", "voice", "tonal"])
def test_the_natural_speed_is_untouched(kind: Kind) -> None:
    noise = np.random.default_rng(1).standard_normal((2, 30_011)).astype(np.float32)
    assert np.array_equal(stretched(noise, kind=kind), noise)


def test_a_hair_from_the_natural_speed_is_almost_the_sound_itself() -> None:
    noise = (0.1 * np.random.default_rng(1).standard_normal((2, 60_000))).astype(np.float32)
    assert np.abs(stretched(noise, tempo=1 + 1e-9) - noise).max() < 1e-6


@pytest.mark.parametrize("hertz", [55.0, 440.0, 5003.3])
@pytest.mark.parametrize("tempo", [0.25, 0.8, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("semitones", [-7.0, 0.0, 0.12, 5.0])
def test_a_tone_stays_a_tone_of_the_wanted_pitch_at_every_tempo(hertz: float, tempo: float, semitones: float) -> None:
    result = stretched(tone(hertz), tempo=tempo, semitones=semitones, attacks=(RATE // 3, RATE // 2, RATE))[0]
    inner = result[len(result) // 8 : -len(result) // 8].astype(np.float64)
    wanted = hertz * 2 ** (semitones / 12)
    found, rest = fitted(inner, wanted)
    assert abs(1200 * np.log2(found / wanted)) < 0.5  # cents; 2 are allowed
    # no warble, and no click where frames or blocks meet: −40 dB of slow drift, −60 dBFS of anything quicker
    assert np.abs(rest).max() < 0.5 * 10 ** (-40 / 20)
    assert np.abs(np.diff(rest, 2)).max() < 0.5 * (2 * np.pi * wanted / RATE) ** 2 * 10 ** (-40 / 20) + 1e-3
    assert np.sqrt(2 * np.mean(inner**2)) == pytest.approx(0.5, rel=0.003)


@pytest.mark.parametrize("kind", ["drums", "tonal"])
@pytest.mark.parametrize(("tempo", "semitones"), [(0.5, 0.0), (0.9, 2.0), (2.0, 0.0), (1.0, -5.0)])
def test_no_click_above_60_dbfs_where_frames_batches_and_attacks_meet(
    kind: Kind, tempo: float, semitones: float
) -> None:
    sound = tone(220) + tone(331.7, level=0.3)
    result = stretched(sound, tempo=tempo, semitones=semitones, kind=kind, attacks=(20_000, 44_000, 61_000))[0]
    above = sosfiltfilt(butter(8, 3000, "high", fs=RATE, output="sos"), result)
    assert np.abs(above[RATE // 8 : -RATE // 8]).max() < 10 ** (-60 / 20)


@pytest.mark.parametrize("semitones", [1e-9, 1e-3, -1e-6])
def test_hardly_another_key(semitones: float) -> None:
    sound = tone(440)
    result = stretched(sound, semitones=semitones)[0]
    assert result.shape == sound.shape
    moved = 2 * np.pi * 440 * 2.0 * (2 ** (abs(semitones) / 12) - 1)  # radians at the end
    assert np.abs(result[4000:-4000] - sound[4000:-4000]).max() < 0.5 * moved + 1e-3


@pytest.mark.parametrize("kind", ["drums", "voice", "tonal"])
@pytest.mark.parametrize("semitones", [0.0, 3.0])
def test_the_size_of_the_blocks_changes_nothing(kind: Kind, semitones: float) -> None:
    random = np.random.default_rng(2)
    sound = 0.1 * random.standard_normal((2, 90_000)) * (np.arange(90_000) % 11_000 < 4000)
    attacks = find_attacks([sound.astype(np.float32)], RATE)
    assert len(attacks) > 4
    results = [
        stretched(sound, size, tempo=0.8, semitones=semitones, kind=kind, attacks=attacks) for size in (997, 90_000)
    ]
    assert np.array_equal(*results)


def test_hits_stand_where_the_tempo_puts_them_and_keep_their_attack() -> None:
    random = np.random.default_rng(3)
    places = [4000, 16_000, 29_000, 37_500, 52_000, 70_000]
    sound = np.zeros(88_200)
    for place in places:
        time = np.arange(6000) / RATE
        sound[place : place + 6000] += random.standard_normal(6000) * np.exp(-time / 0.03) * 0.3
    attacks = find_attacks([np.float32(sound)[None]], RATE)
    for place in places:
        assert min(abs(place - a) for a in attacks) < 0.003 * RATE
    for tempo in (0.5, 0.75, 1.3, 2.0):
        result = stretched(sound, tempo=tempo, kind="drums", attacks=attacks)[0]
        for place in places:
            hit, at = sound[place : place + 400], round(place / tempo)
            near = result[at - 600 : at + 1000]
            found = np.correlate(near, hit, "valid")
            assert abs(int(np.argmax(found)) - 600) < 0.002 * RATE  # 5 ms are allowed
            energy = np.convolve(near**2, np.ones(400), "valid") * (hit**2).sum()
            assert found.max() > 0.9 * np.sqrt(energy[int(np.argmax(found))])
            before, after = result[at - 400 : at - 60], result[at : at + 340]
            assert (before**2).mean() < 10 ** (-13 / 10) * (after**2).mean()  # hardly any echo ahead


def test_channels_stay_where_they_are() -> None:
    left = tone(311.0) + tone(1234.5, level=0.1)
    result = stretched(np.stack([left, 0.5 * left, -left]), tempo=0.7, semitones=2)
    assert np.abs(result[1] - 0.5 * result[0]).max() < 1e-4
    assert np.abs(result[2] + result[0]).max() < 1e-4


def test_loudness_of_noise_stays() -> None:
    noise = 0.1 * np.random.default_rng(1).standard_normal(120_000)
    for tempo in (0.5, 1.6):
        result = stretched(noise, tempo=tempo, kind="drums")[0]
        assert 20 * np.log10(result[9000:-9000].std() / 0.1) == pytest.approx(0, abs=3.0)


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
@pytest.mark.parametrize("shape", [(1, 1), (2, 0), (8, 3000), (1, 20_000)])
@pytest.mark.parametrize("kind", ["drums", "voice", "tonal"])
def test_odd_sounds(rate: int, shape: tuple[int, int], kind: Kind) -> None:
    sound = np.random.default_rng(1).uniform(-0.5, 0.5, shape)
    for tempo, semitones in ((0.5, 0.0), (1.0, 5.0), (2.0, -12.0)):
        result = stretched(sound, rate=rate, tempo=tempo, semitones=semitones, kind=kind)
        assert result.shape == (shape[0], stretched_length(shape[1], tempo)) and np.isfinite(result).all()
        assert not stretched(0 * sound, rate=rate, tempo=tempo, semitones=semitones, kind=kind).any()


def test_a_tone_at_8_khz() -> None:
    result = stretched(tone(440, rate=8000), rate=8000, tempo=0.8, semitones=3)[0][3000:-3000]
    assert abs(1200 * np.log2(fitted(result, 440 * 2**0.25, 8000)[0] / (440 * 2**0.25))) < 0.5


def test_memory_does_not_grow_with_the_song() -> None:
    def noise(seconds: int) -> Iterator[np.ndarray]:
        random = np.random.default_rng(0)
        for _ in range(seconds):
            yield random.uniform(-0.1, 0.1, (1, 8000)).astype(np.float32)

    peaks = []
    for seconds in (20, 100):
        tracemalloc.start()
        total = sum(
            b.shape[1] for b in stretch(noise(seconds), 1, seconds * 8000, 8000, tempo=1.7, semitones=-3, kind="drums")
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert total == stretched_length(seconds * 8000, 1.7)
    assert peaks[1] < 1.3 * peaks[0]
