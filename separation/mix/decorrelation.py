"""Filters that make a sound its own stranger: the same colour, but in quadrature to itself on the average of any band.

A decorrelator is a short burst of velvet noise: one pulse per `1 / DENSITY` seconds at a random place and of a random
sign, fading out (Alary, Politis & Välimäki, "Velvet-noise decorrelator", DAFx 2017). Such a burst colours the sound
and, band by band, resembles it, which would pull a picture made of it to one side. Both are taken out, third octave by
third octave, in turns: the real part of the response is moved to mean zero, then its power to one. Of up to
CANDIDATES bursts the flattest stays (Schlecht, Alary, Välimäki & Habets, "Optimized velvet-noise decorrelator", DAFx
2018, move the pulses instead). The corrections reach BEFORE seconds ahead of the burst, as what is not causal must.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

DENSITY = 1000.0  # pulses per second
FADE = 1000.0  # dB per second
QUIET = 0.002  # seconds without pulses at the start, where the sound is most like itself
BEFORE = 0.01  # seconds
CANDIDATES, TURNS = 128, 12
FLAT_DB = 1.1  # a burst with less colour than this is taken at once


@dataclass(frozen=True, eq=False)
class Decorrelator:
    """A finite impulse response, float64 (n,); sample `centre` of it is at lag 0. Mean power 1 over third octaves."""

    response: np.ndarray
    centre: int


@lru_cache(maxsize=64)
def decorrelator(sample_rate: int, seed: int, seconds: float = 0.03, lowest: float = 120.0) -> Decorrelator:
    """The flattest of up to CANDIDATES bursts of that length. The same seed gives the same filter.

    lowest: in Hz; below, the colour does not matter (what is there will be removed).
    """
    before, after = max(2, round(BEFORE * sample_rate)), max(8, round(seconds * sample_rate))
    bins = 1 << int(np.ceil(np.log2(8 * (before + after))))
    bands = [third_octaves(sample_rate, bins, lowest * shift) for shift in (1.0, 2 ** (1 / 6))]
    best, least = np.zeros(before + after), np.inf
    for candidate in range(CANDIDATES):
        burst = np.zeros(before + after)
        burst[before:] = _velvet(sample_rate, after, np.random.default_rng([seed, candidate]))
        filtered = _refined(burst, before, bins, bands)
        worst = float(np.abs(colour_db(filtered, sample_rate, lowest)).max(initial=0.0))
        if worst < least:
            best, least = filtered, worst
        if least < FLAT_DB:
            break
    best.flags.writeable = False
    return Decorrelator(best, before)


def third_octaves(sample_rate: int, bins: int, lowest: float) -> np.ndarray:
    """Triangles over the spectrum of `bins` samples, a third octave apart, that add up to one: (bands, bins // 2 + 1).

    The first band reaches down to 0 Hz, the last one up to half the rate.
    """
    frequencies = np.fft.rfftfreq(bins, 1 / sample_rate)
    highest = max(lowest, 0.9 * sample_rate / 2)
    count = max(1, int(3 * np.log2(highest / lowest)) + 1)
    place = np.clip(3 * np.log2(np.maximum(frequencies, 1e-3) / lowest), 0, count - 1)
    return np.maximum(0.0, 1 - np.abs(place - np.arange(count)[:, None]))


def colour_db(response: np.ndarray, sample_rate: int, lowest: float) -> np.ndarray:
    """Level in dB of the response in third octaves, one every 24th of an octave from `lowest` to 0.8 of the top."""
    bins = 1 << int(np.ceil(np.log2(32 * len(response))))
    whole = np.concatenate([[0.0], np.cumsum(np.abs(np.fft.rfft(response, bins)) ** 2)])
    count = max(1, int(24 * np.log2(max(0.4 * sample_rate / lowest, 1.0))) + 1)
    edges = lowest * 2.0 ** (np.array([-1, 1]) / 6 + np.arange(count)[:, None] / 24) * bins / sample_rate
    low, high = np.floor(edges[:, 0]).astype(int), np.minimum(np.ceil(edges[:, 1]).astype(int), bins // 2) + 1
    return np.asarray(10 * np.log10((whole[high] - whole[low]) / (high - low) + 1e-20))


def _velvet(sample_rate: int, count: int, random: np.random.Generator) -> np.ndarray:
    """Velvet noise (count,): pulse m at m·T + r·(T − 1), sign by a coin, an exponential fade."""
    spacing = sample_rate / DENSITY
    pulses = np.arange(int(count / spacing))
    places = np.rint(pulses * spacing + random.random(len(pulses)) * (spacing - 1)).astype(int)
    signs = 2.0 * random.integers(0, 2, len(pulses)) - 1
    heard = (places >= min(QUIET * sample_rate, count / 4)) & (places < count)
    noise = np.zeros(count)
    noise[places[heard]] = (signs * 10 ** (-FADE / DENSITY / 20 * pulses))[heard]
    return noise


def _refined(burst: np.ndarray, before: int, bins: int, bands: list[np.ndarray]) -> np.ndarray:
    """The burst without resemblance to a pulse at lag 0, then without colour; in turns, kept to its length."""
    count = len(burst)
    fade = np.ones(count)
    edge = max(1, before // 2)
    fade[:edge] = np.sin(np.pi / 2 * (np.arange(edge) + 0.5) / edge) ** 2
    fade[-edge:] = fade[:edge][::-1]
    for turn in range(TURNS):
        own = bands[turn % len(bands)]
        weights = own.sum(axis=1)
        spectrum = np.fft.rfft(np.roll(np.pad(burst, (0, bins - count)), -before))
        spectrum = spectrum - (own @ spectrum.real / weights) @ own
        power = own @ np.abs(spectrum) ** 2 / weights
        spectrum = spectrum / np.sqrt(np.maximum(power, 1e-12) @ own)
        burst = np.roll(np.fft.irfft(spectrum, bins), before)[:count] * fade
    return burst
