"""Pianos: how stiff each string is, read from the peaks of its note (Rigaud, David & Daudet, JASA 133(5), 2013).

The partials of a string lie at f_h = h f0 √(1 + B h²). B starts from what is typical of the note: two straight lines
over pitch in the logarithm, of bass and treble bridge (eq. 5). Then (f_h / h)² = f0² + f0² B h² is a line in h², fitted
by least squares to the peaks found within 0.3 semitones of where they are expected; first to the lowest partials, then
to more and more, for a wrong B shows the more the higher a partial lies.
"""

from __future__ import annotations

import math
from bisect import bisect
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.starts.combs import LOBE

NEAR = 0.3  # semitones within which a peak is taken for a partial
FEWEST, REACHES = 3, (3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 26, 30)  # partials at least, and looked for in turn
FAINT = 1e-4  # peaks below this share of the note's largest are not heard


@dataclass(frozen=True)
class String:
    """f0 in Hz, as it would be without stiffness; B, no unit; partials: how many were found, 0 if B is only typical."""

    f0: float
    B: float
    partials: int = 0

    def hertz(self, h: int) -> float:
        return h * self.f0 * math.sqrt(1.0 + self.B * h * h)


def typical_stiffness(note: float) -> float:
    """B of a MIDI note on a usual piano: 2·10⁻⁴ in the bass, 10⁻⁴ at its least, 10⁻² at the top."""
    return math.exp(0.0926 * note - 13.64) + math.exp(-0.0847 * note - 5.82)


def string_of(spectrum: Tensor, sample_rate: float, start: String) -> String:
    """The string whose note has this spectrum (F,) of magnitudes, near `start`; `start` where too little is heard.

    Neighbouring partials must be more than the main lobe of the window apart. Raises ParameterError for a shape.
    """
    if spectrum.ndim != 1 or len(spectrum) < 3:
        raise ParameterError("The spectrum of one note is a row of three bins or more.")
    width = sample_rate / 2 / (len(spectrum) - 1)
    if start.f0 < 2.0 * LOBE * width:
        return start
    peaks, found = _peaks(spectrum, width), start
    for reach in REACHES:
        pairs = _partials(*peaks, found, reach, sample_rate / 2)
        line = _line(pairs) if len(pairs) > 1 else None
        if line is not None:
            found = String(*line, len(pairs))
        elif found.partials == 0 and pairs:  # too few to see a bend: only the pitch
            found = String(sum(f / h / math.sqrt(1.0 + start.B * h * h) for h, f, _ in pairs) / len(pairs), start.B)
    return found if found.partials >= FEWEST else start


def _peaks(spectrum: Tensor, width: float) -> tuple[list[float], list[float]]:
    """Places in Hz and sizes of local maxima, from a parabola through the logarithms of three bins."""
    level = spectrum.double().cpu().clamp(min=1e-30 + 1e-9 * float(spectrum.max())).log()
    left, middle, right = level[:-2], level[1:-1], level[2:]
    at = torch.nonzero((middle > left) & (middle >= right)).flatten()
    shift = 0.5 * (right - left)[at] / (2.0 * middle - left - right)[at].clamp(min=1e-12)
    return ((at + 1 + shift) * width).tolist(), middle[at].exp().tolist()


def _partials(
    places: list[float], sizes: list[float], string: String, most: int, top: float
) -> list[tuple[int, float, float]]:
    """Number, frequency and size of the partials found: the largest peak near where each is expected."""
    near, pairs = 2.0 ** (NEAR / 12.0), []
    floor = FAINT * max(sizes, default=0.0)
    for h in range(1, most + 1):
        expected = string.hertz(h)
        if expected >= top:
            break
        close = range(bisect(places, expected / near), bisect(places, expected * near))
        size, hertz = max(((sizes[i], places[i]) for i in close), default=(0.0, 0.0))
        if size > floor:
            pairs.append((h, hertz, size))
    return pairs


def _line(pairs: list[tuple[int, float, float]]) -> tuple[float, float] | None:
    """f0 and B of the weighted line through (h², (f_h/h)²); None where it does not rise from above zero.

    An error of f_h moves (f_h/h)² by 2 f0/h of it, hence weights h²; a fainter peak is less sure, hence √size.
    """
    h, f, size = torch.tensor(pairs, dtype=torch.float64).T
    w, x, y = h.square() * size.sqrt(), h.square(), (f / h).square()
    for _ in range(3):  # twice more without what lies far from the line, such as another note's partials
        total = w.sum()
        mx, my = (w * x).sum() / total, (w * y).sum() / total
        spread = (w * (x - mx).square()).sum()
        if not float(spread) > 0.0:
            return None
        slope = (w * (x - mx) * (y - my)).sum() / spread
        first = my - slope * mx
        away = ((y - first - slope * x) * h).abs()
        w = torch.where(away > 3.0 * away.median() + 1e-9 * my, 0.0, w)
    if not (float(first) > 0.0 and float(slope) >= 0.0):
        return None
    return math.sqrt(float(first)), float(slope / first)
