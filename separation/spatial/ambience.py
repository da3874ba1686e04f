"""What comes from all around in a stereo song: the part of each bin that its two channels do not share.

A direct sound is in both channels with one phase; reverberation and applause are in both equally loud, but independent
of each other and of it. Then the covariance Φ of the channels, averaged over some frames, is a rank-one matrix plus
P_A times the identity, and P_A, the ambience in either channel, is its smaller eigenvalue (Merimaa, Goodwin & Jot,
"Correlation-based ambience extraction from stereo recordings", AES 123rd Convention, 2007). The ambience itself is
estimated by least squares from both channels, P_A Φ⁻¹ X (Faller, "Multiple-loudspeaker playback of stereo signals",
JAES 54(11), 2006), which lets a direct sound through only as far as ambience drowns it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from separation.spatial.panning import averaged, power


def ambience(spectrum: Tensor, around: int) -> Tensor:
    """The ambience (2, F, N) in the spectrum (2, F, N) of left and right.

    around: over how many frames on either side the covariance is averaged; few take notes for ambience.
    """
    left, right = spectrum
    own_left, own_right = averaged(power(left), around), averaged(power(right), around)
    product = torch.view_as_real(left * right.conj())
    shared = torch.complex(averaged(product[..., 0], around), averaged(product[..., 1], around))
    spread = ((own_left - own_right).square() + 4 * power(shared)).sqrt()
    larger = ((own_left + own_right + spread) / 2).clamp(min=1e-20)  # eigenvalue: P_A Φ⁻¹ is the adjugate of Φ by it
    return torch.stack((own_right * left - shared * right, own_left * right - shared.conj() * left)) / larger
