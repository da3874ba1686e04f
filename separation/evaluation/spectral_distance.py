"""How far two sounds are apart to the ear rather than to the sample: log spectra at several resolutions."""

from __future__ import annotations

import numpy as np

SIZES = (512, 1024, 2048, 4096)
FLOOR = 1e-5  # −100 dB: what is quieter in both counts as alike


def spectral_distance(truth: np.ndarray, estimate: np.ndarray) -> float:
    """Mean |20 log10 |S| − 20 log10 |Ŝ|| in dB over transforms of SIZES, of (C, T) each; 0 is alike.

    After the multi-resolution spectral loss of Engel et al. 2020 (eq. 6), its logarithmic half.
    """
    import torch

    from separation.spectral.stft import stft

    s, found = (torch.from_numpy(np.array(each, np.float32)) for each in (truth, estimate))
    distances = []
    for n_fft in SIZES:
        levels = [
            20 * (stft(each, n_fft, n_fft // 4).abs() / (n_fft / 4)).clamp(min=FLOOR).log10() for each in (s, found)
        ]
        distances.append(float((levels[0] - levels[1]).abs().mean(dtype=torch.float64)))
    return float(np.mean(distances))
