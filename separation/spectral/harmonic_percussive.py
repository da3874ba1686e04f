"""Harmonic and percussive parts of a magnitude spectrogram by medians (FitzGerald, DAFx 2010).

A held note is a horizontal line: the median along time keeps it. A hit is a vertical line: the median along
frequency keeps that. Masks with a margin leave what is neither to a residual (Driedger, Müller & Disch, ISMIR 2014).
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import median_filter
from torch import Tensor


def running_median(V: Tensor, size: int, axis: int) -> Tensor:
    """Median of `size` (odd) neighbours along axis 0 or 1 of V (F, N), mirrored at the edges; a new tensor.

    All lines are laid end to end, with their mirrored edges between them, for SciPy's one-dimensional rank filter:
    some ten times as fast as its two-dimensional one.
    """
    half = size // 2
    lines = V.movedim(axis, -1).cpu().numpy()
    padded = np.pad(lines, ((0, 0), (half, half)), mode="symmetric")
    filtered = median_filter(padded.ravel(), size=size).reshape(padded.shape)[:, half : half + lines.shape[1]]
    return torch.from_numpy(np.ascontiguousarray(filtered)).to(V.device).movedim(-1, axis)


def enhance(V: Tensor, time: int, frequency: int) -> tuple[Tensor, Tensor]:
    """V (F, N) with notes kept and hits removed (median over `time` frames), and the reverse (`frequency` bins)."""
    return running_median(V, time, axis=1), running_median(V, frequency, axis=0)


def harmonic_percussive_masks(
    V: Tensor, *, time: int = 31, frequency: int = 17, margin: float = 1.0, exponent: float = 2.0
) -> Tensor:
    """Masks (3, F, N) of the harmonic part, the percussive part and the residual; they sum to one.

    margin >= 1: by how much one part must outweigh the other to own a bin; 1 leaves nothing to the residual.
    """
    harmonic, percussive = (part.clamp(min=1e-20) for part in enhance(V, time, frequency))
    odds = (harmonic / percussive).clamp_(1e-8, 1e8).pow_(exponent)  # finite in float32 up to exponent 4
    step = margin**exponent
    masks = torch.empty((3, *V.shape), dtype=V.dtype, device=V.device)
    masks[0] = odds / (odds + step)
    masks[1] = 1.0 / (1.0 + step * odds)
    torch.sub(1.0, masks[0] + masks[1], out=masks[2]).clamp_(min=0.0)
    return masks
