"""Longer or shorter without another pitch: a phase vocoder that flows, with locked phases and whole attacks.

Each frame of the stretched sound is a frame of the sound at its place in the time map, turned in phase so that it goes
on where the last one stopped. What went on one hop before that place in the sound itself is looked up there, so no
frequency is estimated, and at natural speed the sound comes back as it was. Every spectral peak turns as one with the
bins around it (identity phase locking: Laroche & Dolson, "Improved phase vocoder time-scale modification of audio",
IEEE TSAP 7(3), 1999), and all channels turn alike, so places between the loudspeakers stay. Where an attack is copied,
bins whose energy rises are not turned at all (Röbel, "A new approach to transient processing in the phase vocoder",
DAFx 2003).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from separation.audio.timemap import TimeMap

BATCH = 32  # frames computed at once: fixed, so that the size of the blocks cannot change a bit
RISE = 1.4  # an attack is where energy grows by more than this
REACH = 2  # a peak is the loudest within as many bins on either side

Shape = Callable[[np.ndarray], np.ndarray]


class Vocoder:
    """Blocks of sound in, blocks of the stretched sound out; the delay is made up for.

    length: samples of the stretched sound. window: frame length, a power of two. hop: between frames, at most a
    quarter of it. shape: power (n, F) of frames -> gains (n, F), to colour them.
    """

    def __init__(
        self, channels: int, time: TimeMap, length: int, *, window: int, hop: int, shape: Shape | None = None
    ) -> None:
        self._time, self._length, self._size, self._hop, self._shape = time, length, window, hop, shape
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
        self._analysis = hann.astype(np.float32)
        self._synthesis = (hann * (8 * hop / (3 * window))).astype(np.float32)
        self._origin = -(2 * window)  # place of the first sample held
        self._held = np.zeros((channels, 2 * window), np.float32)
        self._parts: list[np.ndarray] = []
        self._arrived = 0
        self._number = -(window // 2) // hop  # of the next frame; its centre is number · hop
        self._turn = np.ones(window // 2 + 1, np.complex64)
        self._before: np.ndarray | None = None  # the last frame's spectrum
        self._tail = np.zeros((channels, window // hop, hop), np.float32)
        self._skip = window  # samples before the sound that come out first
        self._given = 0

    def feed(self, block: np.ndarray) -> Iterator[np.ndarray]:
        """What is ready after this block (C, n) float32."""
        if block.shape[1]:
            self._parts.append(np.asarray(block, np.float32))
            self._arrived += block.shape[1]
        while self._given < self._length and self._needed() <= self._arrived:
            yield from self._batch()

    def finish(self) -> Iterator[np.ndarray]:
        """The end; after it, `length` samples have come."""
        while self._given < self._length:
            missing = self._needed() - self._arrived
            if missing > 0:
                self._parts.append(np.zeros((len(self._held), missing), np.float32))
                self._arrived += missing
            yield from self._batch()

    def _centres(self) -> np.ndarray:
        return (self._number + np.arange(BATCH)) * self._hop

    def _needed(self) -> int:
        """How many samples of the sound the next batch looks at."""
        centres = self._centres()
        last = int(self._time(centres[-1:])[0])
        attack = int(self._time.attack_at(centres).max())
        if attack >= 0:
            last = max(last, self._after(attack))
        return last + self._size // 2

    def _after(self, attack: int) -> int:
        """A place after an attack whose frame holds most of it."""
        return int(self._time.attacks[attack]) + self._size // 4

    def _frames(self, places: np.ndarray) -> np.ndarray:
        """Spectra (n, C, F) complex64 of the frames around places (n,)."""
        at = (places - self._size // 2 - self._origin)[:, None] + np.arange(self._size)
        return np.fft.rfft(self._held[:, at].transpose(1, 0, 2) * self._analysis)

    def _batch(self) -> Iterator[np.ndarray]:
        if self._parts:
            self._held = np.concatenate([self._held, *self._parts], axis=1)
            self._parts = []
        centres = self._centres()
        places, attacks = self._time(centres), self._time.attack_at(centres)
        now, earlier = self._frames(places), self._frames(places - self._hop)
        if self._before is None:
            self._before = earlier[0]
        power = _power(now)
        turns = self._turns(now, earlier, attacks, _regions(power))
        self._before = now[-1]
        if self._shape is not None:
            turns = turns * self._shape(power)
        sound = np.fft.irfft(now * turns[:, None], n=self._size).astype(np.float32, copy=False) * self._synthesis
        self._number += BATCH
        keep = int(self._time(self._centres()[:1])[0]) - 2 * self._size
        if keep > self._origin:
            self._held, self._origin = self._held[:, keep - self._origin :], keep
        yield from self._laid(sound)

    def _turns(self, now: np.ndarray, earlier: np.ndarray, attacks: np.ndarray, regions: np.ndarray) -> np.ndarray:
        """Unit factors (n, F) complex64 that make each frame go on where the one before it stopped."""
        before = np.concatenate([self._before[None], now[:-1]])  # type: ignore[index]
        step = (before * earlier.conj()).sum(axis=1)
        rising = {int(k): self._rising(int(k)) for k in np.unique(attacks) if k >= 0}
        turns = np.empty(step.shape, np.complex64)
        turn = self._turn
        for n in range(len(step)):
            towards = turn * step[n]
            peak = towards.copy()  # what the whole peak says: its main lobe is two bins wide on either side
            for shift in range(1, REACH + 1):
                peak[shift:] += towards[:-shift]
                peak[:-shift] += towards[shift:]
            level = np.abs(peak)
            turn = np.where(level > 0, peak / np.maximum(level, np.float32(1e-37)), np.complex64(1))[regions[n]]
            if attacks[n] >= 0:
                turn = np.where(rising[int(attacks[n])], np.complex64(1), turn)
            turns[n] = turn
        self._turn = turn
        return turns

    def _rising(self, attack: int) -> np.ndarray:
        """Bins (F,) whose energy an attack raises."""
        place = int(self._time.attacks[attack])
        power = _power(self._frames(np.asarray([place - self._size // 2, self._after(attack)])))
        wide = np.pad(power, ((0, 0), (REACH, REACH)))
        near = np.asarray(sum(wide[:, k : k + power.shape[1]] for k in range(2 * REACH + 1)))
        return np.asarray(near[1] > RISE * near[0])

    def _laid(self, sound: np.ndarray) -> Iterator[np.ndarray]:
        """Frames (n, C, N) laid over each other: what is complete."""
        rows = self._size // self._hop
        parts = sound.reshape(len(sound), -1, rows, self._hop).transpose(1, 0, 2, 3)
        total = np.zeros((parts.shape[0], len(sound) + rows, self._hop), np.float32)
        total[:, :rows] = self._tail
        for row in range(rows):
            total[:, row : row + len(sound)] += parts[:, :, row]
        self._tail = total[:, len(sound) :].copy()
        done = total[:, : len(sound)].reshape(parts.shape[0], -1)
        if self._skip:
            cut = min(self._skip, done.shape[1])
            done, self._skip = done[:, cut:], self._skip - cut
        done = done[:, : self._length - self._given]
        if done.shape[1]:
            self._given += done.shape[1]
            yield done


def _power(spectra: np.ndarray) -> np.ndarray:
    """Power (n, F) of spectra (n, C, F), all channels together."""
    return np.asarray((spectra.real**2 + spectra.imag**2).sum(axis=1))


def _regions(power: np.ndarray) -> np.ndarray:
    """For each bin of power (n, F) the nearest peak's bin."""
    count = power.shape[1]
    padded = np.pad(power, ((0, 0), (REACH, REACH)), constant_values=-1.0)
    around = power > 0
    for shift in range(2 * REACH + 1):
        if shift < REACH:
            around &= power > padded[:, shift : shift + count]
        elif shift > REACH:
            around &= power >= padded[:, shift : shift + count]
    bins = np.arange(count)
    last = np.maximum.accumulate(np.where(around, bins, -2 * count), axis=1)
    following = np.minimum.accumulate(np.where(around, bins, 3 * count)[:, ::-1], axis=1)[:, ::-1]
    nearest = np.where(bins - last <= following - bins, last, following)
    return np.asarray(np.clip(nearest, 0, count - 1))
