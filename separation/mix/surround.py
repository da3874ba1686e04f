"""Stereo to 5.1 and 7.1: a bed of loudspeaker channels that folds down to the stereo song again.

    Lo = L + √½ C + √½ (Ls + Lb),  Ro = R + √½ C + √½ (Rs + Rb),  LFE left out   (ITU-R BS.775; Lb and Rb alike)

Centre and surrounds are taken out of the song, and the front sides are what they leave of it, so that Lo and Ro are the
song whatever was taken out:

- Ls, Rs, in 7.1 also Lb, Rb: AROUND of the ambience (`spatial/ambience.py`, Faller 2006), bass excepted. What two
  channels tell of it is often opposite left and right, so each of these loudspeakers has its own decorrelator
  (`mix/decorrelation.py`): the walls answer together, but not as one.
- C: CENTRE of what stands in the middle of the rest, the direct sound, bin by bin (`spatial/panning.py`, Avendano & Jot
  2004), bass excepted.
- LFE: the bass of both sides, linear phase, full up to 120 Hz, LFE_DB down: as its loudspeaker plays 10 dB louder, the
  bass gets half as much again. Nothing is taken from the sides for it.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from separation.errors import ParameterError
from separation.mix.upmix import high_pass
from separation.progress import SILENT, Report

if TYPE_CHECKING:
    import torch

LAYOUTS: dict[str, tuple[str, ...]] = {  # in the order of WAVE files
    "5.1": ("L", "R", "C", "LFE", "Ls", "Rs"),
    "7.1": ("L", "R", "C", "LFE", "Lb", "Rb", "Ls", "Rs"),
}
SPEAKERS = {"5.1": (2, 3, 4, 11, 9, 10), "7.1": (2, 3, 4, 11, 9, 10, 14, 15)}  # libsndfile's SF_CHANNEL_MAP
HALF_POWER = math.sqrt(0.5)
CENTRE, AROUND = 0.8, 0.7  # shares of what is found in the middle and all around
WALLS = ("Ls", "Rs", "Lb", "Rb")
FOCUS = 3.0  # how exactly in the middle a sound must be for the centre
BASS = 120.0  # Hz: below, nothing leaves the front sides
LFE_DB = -16.0
FRAMES, PART, SMOOTHING, COVARIANCE = 256, 128, 1, 8  # of patches; frames averaged on either side


def bed(
    stereo: np.ndarray, sample_rate: int, layout: str, report: Report = SILENT, device: str = "cpu"
) -> Iterator[np.ndarray]:
    """Blocks (C, n) float64 of a stereo song (T, 2): channels as in LAYOUTS, L and R zero (see `fronts`).

    Raises ParameterError for another layout. The same blocks every time.
    """
    if layout not in LAYOUTS:
        raise ParameterError(f"There is no layout “{layout}”: choose one of {', '.join(LAYOUTS)}.")
    kernel = np.array(-high_pass(sample_rate))
    kernel[len(kernel) // 2] += 1
    at = {name: index for index, name in enumerate(LAYOUTS[layout])}
    done = 0
    walls = [name for name in WALLS if name in at]
    for taken in _taken(stereo, sample_rate, walls, report, device):
        count = taken.shape[1]
        block = np.zeros((len(at), count))
        block[[at["C"], *(at[name] for name in walls)]] = taken / HALF_POWER
        block[at["LFE"]] = _low(stereo, done, done + count, kernel)
        done += count
        yield block
    report(1, 1, "Listening around")


def fronts(song: np.ndarray, block: np.ndarray, layout: str) -> np.ndarray:
    """L and R (2, n): what a block (C, n) of the other channels leaves of the song (2, n)."""
    return np.asarray(song - folded(block, layout))


def folded(block: np.ndarray, layout: str) -> np.ndarray:
    """Lo and Ro (2, n) of a bed (C, n): the standard fold-down."""
    at = {name: index for index, name in enumerate(LAYOUTS[layout])}
    sides = []
    for side in ("L", "R"):
        rest = [block[at[name]] for name in ("C", f"{side}s", f"{side}b") if name in at]
        sides.append(block[at[side]] + HALF_POWER * np.sum(rest, axis=0, dtype=np.float64))
    return np.stack(sides)


def _taken(
    stereo: np.ndarray, sample_rate: int, walls: list[str], report: Report, device: str
) -> Iterator[np.ndarray]:
    """What is taken out of the song for the centre and for each of the walls, as it folds down: (1 + walls, n)."""
    import torch

    from separation.separators.shares import transform
    from separation.spatial.ambience import ambience
    from separation.spatial.panning import place_mask, ramp
    from separation.spectral.stft import Patch, overlap_add, patches

    n_fft, hop = transform(sample_rate)
    gains = ramp(n_fft // 2 + 1, sample_rate, BASS).to(device)
    share = AROUND * math.sqrt(2 / len(walls))
    voices = share * torch.stack([_stranger(name, sample_rate, n_fft) for name in walls]).to(device)
    sides = ["LR".index(name[0]) for name in walls]
    total = max(len(stereo), 1)

    def blocks(size: int = 1 << 18) -> Iterator[np.ndarray]:
        for start in range(0, len(stereo), size):
            yield np.ascontiguousarray(np.asarray(stereo[start : start + size], np.float32).T)

    def parted() -> Iterator[Patch]:
        for patch in patches(blocks(), FRAMES, n_fft, hop, (COVARIANCE, COVARIANCE), device):
            report(min(patch.start * hop, total), total, "Listening around")
            all_around = ambience(patch.spectrum, COVARIANCE)
            direct = patch.spectrum - all_around
            mask = place_mask(direct, focus=FOCUS, around=SMOOTHING)
            middle = (CENTRE * gains * mask * direct.mean(dim=0))[..., patch.own]
            all_around = (gains * all_around)[..., patch.own]
            for place, part in patch.parts(PART, hop):
                yield part.replace(torch.cat((middle[None, :, place], voices * all_around[sides][..., place])))

    for block in overlap_add(parted(), hop):
        yield block.cpu().numpy().astype(np.float64)


def _stranger(name: str, sample_rate: int, n_fft: int) -> torch.Tensor:
    """The decorrelator of a loudspeaker as a response (F, 1) of the bins."""
    import torch

    from separation.mix.decorrelation import decorrelator

    noise = decorrelator(sample_rate, zlib.crc32(name.encode()), lowest=BASS)
    whole = np.zeros(n_fft)  # more than twice as long
    whole[: len(noise.response)] = noise.response
    response = np.fft.rfft(np.roll(whole, -noise.centre))
    return torch.from_numpy(response.astype(np.complex64))[:, None]


def _low(stereo: np.ndarray, start: int, stop: int, kernel: np.ndarray) -> np.ndarray:
    """LFE of a stretch of the song (T, 2), (stop − start,)."""
    from scipy import signal

    half = len(kernel) // 2
    first, last = max(start - half, 0), min(stop + half, len(stereo))
    both = np.asarray(stereo[first:last], np.float64).mean(axis=1)
    both = np.pad(both, (first - (start - half), stop + half - last))
    return np.asarray(10 ** (LFE_DB / 20) * signal.fftconvolve(both, kernel, mode="valid"))
