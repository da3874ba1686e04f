"""Masks that share a mixture among stems, bin by bin, and always add up to one.

The ratio mask m_j = v_j^q / Σ v^q: on magnitudes q = 1 is the α = 1 rule of Liutkus & Badeau (ICASSP 2015), q = 2
the Wiener filter. A small q leaves more of the other stems (bleed), a large one more artefacts.
"""

from __future__ import annotations

import torch
from torch import Tensor

SILENT = 1e-20  # below this sum nobody sounds, and everybody gets an equal share


def ratio(models: Tensor, exponent: float = 1.0) -> Tensor:
    """Masks (J, …) in [0, 1] with Σ over J = 1, from the stems' magnitudes (J, …) >= 0; a new tensor.

    The models are scaled by the loudest of each bin first, so that no power of theirs over- or underflows.
    """
    loudest = models.amax(0)
    shares = models / loudest.clamp(min=SILENT)
    if exponent != 1.0:
        shares.pow_(exponent)
    shares /= shares.sum(0).clamp(min=SILENT)
    return torch.where(loudest < SILENT, 1.0 / len(models), shares)


def magnitude(spectrum: Tensor) -> Tensor:
    """One magnitude (F, N) for all channels of a spectrum (C, F, N): the root of their mean power.

    One mask for all channels keeps each stem where it stands in the stereo picture.
    """
    if len(spectrum) == 1:
        return spectrum[0].abs()
    return torch.view_as_real(spectrum).square().sum(-1).mean(0).sqrt_()
