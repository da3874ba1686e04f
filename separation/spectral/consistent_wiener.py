"""Consistent Wiener filtering: stems whose spectra are those of sounds (Le Roux & Vincent, IEEE SPL 20(3), 2013).

A masked spectrum is in general not the spectrum of any sound: its neighbouring frames contradict each other. Among all
stems S_j that add up to the mixture X the filter looks for the likeliest that contradict themselves little:

    min Σ_j Σ |S_j − m_j X|² / v_j + γ/2 Σ_j ‖S_j − G S_j‖²   with   Σ_j S_j = X,

v_j variances, m_j = v_j / Σ v the Wiener masks, G S the spectrum of the sound nearest to S. For two stems this is
the paper's eq. 8, since one's gain is the other's loss; more are solved together, and the sum stays exact. Conjugate
gradients are kept on Σ_j D_j = 0 and preconditioned by the diagonal, with 1 − hop/n_fft for that of I − G (§III-C).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.spectral.stft import HOP, Patch

STRENGTH = 0.1  # the best on songs with true variances; half or three times as much costs 0.1 dB
STEPS, ENOUGH = 20, 1e-2  # at most; stop once the residual is this share of the first
AROUND = 8  # frames of the neighbouring pieces that a piece is solved with
FAINT = 1e-10  # variances below this share of the largest count as much


@dataclass(frozen=True, eq=False)
class Solution:
    """stems complex (J, F, N); residuals: sizes of the preconditioned residual, the first one before any step."""

    stems: Tensor
    residuals: tuple[float, ...]


def consistent_wiener(
    X: Tensor, variances: Tensor, weight: float, hop: int, *, steps: int = STEPS, tolerance: float = ENOUGH,
    check: Callable[[], object] = lambda: None,
) -> Solution:  # fmt: skip
    """Stems of X (F, N) complex, consecutive frames of a sound's spectrum, for variances (J, F, N) >= 0.

    weight: γ, in units of one over a variance; 0 is the Wiener filter. check: called at every step.
    """
    v = variances.clamp(min=FAINT * float(variances.max()) or 1.0)
    wiener = v / v.sum(0) * X
    if weight == 0.0:
        return Solution(wiener, ())
    half = weight / 2.0
    inverse = 1.0 / v
    soften = 1.0 / (inverse + half * (1.0 - hop / (2 * (X.shape[-2] - 1))))
    parts = soften.sum(0)

    def tangent(R: Tensor) -> tuple[Tensor, Tensor]:
        """R without what no step along Σ D = 0 could change, and the preconditioned step."""
        R = R - (soften * R).sum(0) / parts
        return R, soften * R

    D = torch.zeros_like(wiener)
    R, Z = tangent(-half * strayed(wiener, hop))
    P, size = Z, _inner(R, Z)
    residuals = [size**0.5]
    for _ in range(steps):
        if residuals[-1] <= tolerance * residuals[0]:
            break
        check()
        A = inverse * P + half * strayed(P, hop)
        along = size / max(_inner(P, A), 1e-300)
        D += along * P
        R, Z = tangent(R - along * A)
        before, size = size, _inner(R, Z)
        P = Z + (size / before) * P
        residuals.append(size**0.5)
    return Solution(wiener + D, tuple(residuals))


def strayed(S: Tensor, hop: int) -> Tensor:
    """S − G S of consecutive frames (…, F, N): what of S no sound has. Nothing is assumed outside of these frames."""
    n_fft = 2 * (S.shape[-2] - 1)
    count = S.shape[-1]
    window = torch.hann_window(n_fft, dtype=torch.float32, device=S.device).to(S.real.dtype)  # as `stft` has it
    pieces = torch.fft.irfft(S.mT, n=n_fft) * window
    rows = -(-n_fft // hop)
    kernel, padded = window.square(), rows * hop - n_fft
    if padded:
        pieces, kernel = (torch.nn.functional.pad(x, (0, padded)) for x in (pieces, kernel))
    sound = pieces.new_zeros((*pieces.shape[:-2], count + rows - 1, hop))
    cover = kernel.new_zeros((count + rows - 1, hop))
    for r in range(rows):
        sound[..., r : r + count, :] += pieces[..., r * hop : (r + 1) * hop]
        cover[r : r + count] += kernel[r * hop : (r + 1) * hop]
    sound = (sound / cover.clamp(min=1e-12)).flatten(-2)
    return S - torch.fft.rfft(sound.unfold(-1, n_fft, hop)[..., :count, :] * window).mT


def _inner(A: Tensor, B: Tensor) -> float:
    """Re Aᴴ B over all bins of the whole spectrum, of which (…, F, N) is the half."""
    each = (A.real * B.real + A.imag * B.imag).sum(-1, dtype=torch.float64).flatten(0, -2).sum(0)
    return float(2.0 * each.sum() - each[0] - each[-1])


def consistent(
    parts: Iterable[tuple[Patch, Tensor]], hop: int = HOP, strength: float = STRENGTH, *, steps: int = STEPS,
    check: Callable[[], object] = lambda: None,
) -> Iterator[Patch]:  # fmt: skip
    """The stems (J, C, F, n) of consecutive patches (C, F, n) without context, each given with its variances.

    variances: (J, F, n) for all channels or (J, C, F, n). Each piece is solved with a few frames of its neighbours, and
    channel by channel; its own frames are kept. strength: γ times the mean posterior variance of a piece; 0.05 to 0.5.
    """
    before: tuple[Tensor, Tensor] | None = None
    held: tuple[Patch, Tensor] | None = None
    for patch, variances in parts:
        variances = variances if variances.ndim == 4 else variances[:, None]
        if held is not None:
            after = patch.spectrum[..., :AROUND], variances[..., :AROUND]
            yield _piece(held, before, after, hop, strength, steps, check)
            before = held[0].spectrum[..., -AROUND:], held[1][..., -AROUND:]
        held = patch, variances
    if held is not None:
        yield _piece(held, before, None, hop, strength, steps, check)


def _piece(
    own: tuple[Patch, Tensor], before: tuple[Tensor, Tensor] | None, after: tuple[Tensor, Tensor] | None,
    hop: int, strength: float, steps: int, check: Callable[[], object],
) -> Patch:  # fmt: skip
    patch = own[0]
    around = [each for each in (before, (patch.spectrum, own[1]), after) if each is not None]
    X, v = (torch.cat([each[i] for each in around], -1) for i in (0, 1))
    first, count = (0 if before is None else before[0].shape[-1]), patch.spectrum.shape[-1]
    stems = []
    for c in range(len(X)):
        variances = v[:, min(c, v.shape[1] - 1)]
        spread = float((variances * (1.0 - variances / variances.sum(0).clamp(min=1e-30))).mean(dtype=torch.float64))
        weight = strength / spread if spread > 0.0 else 0.0
        solved = consistent_wiener(X[c], variances, weight, hop, steps=steps, check=check).stems
        stems.append(solved[..., first : first + count])
    return patch.replace(torch.stack(stems, 1))
