"""Masks that share a mixture among stems, bin by bin, and always add up to one.

The ratio mask m_j = v_j^q / Σ v^q shares out what α-stable sources of scale v_j add up to, with q = α (Liutkus &
Badeau, ICASSP 2015): on magnitudes q = 2 is the Gaussian case, the Wiener filter, q = 1 Cauchy's. Beyond 2 no model
stands behind it. A small q leaves more of the other stems (bleed), a large one more artefacts.
"""

from __future__ import annotations

import torch
from torch import Tensor

QUIET = 1e-6  # masks below count as much when they are smoothed: 120 dB
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


def floored(masks: Tensor, floor: float) -> Tensor:
    """Masks (J, …) that add up to one, none of them below `floor`: what is cut away stays faintly there.

    A stem played alone then sounds less torn. floor: linear; at most 1 / J of it is used, where all are equal.
    """
    least = min(floor, 1.0 / len(masks))
    return least + (1.0 - len(masks) * least) * masks


def smoothed(masks: Tensor) -> Tensor:
    """Masks (J, F, N) with the mean of their logarithms over three bins and three frames, adding up to one again.

    Against the chirping of masks that jump from bin to bin. It helps rough ones, such as those of medians, and takes
    from those of smooth models, such as factorisations.
    """
    levels = masks.clamp(min=QUIET).log()
    around = torch.nn.functional.avg_pool2d(levels[:, None], 3, 1, 1, count_include_pad=False)[:, 0].exp_()
    return around / around.sum(0)


def magnitude(spectrum: Tensor) -> Tensor:
    """One magnitude (F, N) for all channels of a spectrum (C, F, N): the root of their mean power.

    One mask for all channels keeps each stem where it stands in the stereo picture.
    """
    if len(spectrum) == 1:
        return spectrum[0].abs()
    return torch.view_as_real(spectrum).square().sum(-1).mean(0).sqrt_()
