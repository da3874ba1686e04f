"""All figures of one song's stems, and their summary over songs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from separation.evaluation.bss_eval import bss_eval
from separation.evaluation.sdr import csdr, si_sdr, usdr
from separation.evaluation.spectral_distance import spectral_distance

FIGURES = ("usdr", "csdr", "isr", "sir", "sar", "si_sdr", "spectral_distance")
SILENT = 1e-9  # Σ s² below which a reference counts as silence

Row = dict[str, float | None]


def evaluate(
    references: Mapping[str, np.ndarray],
    estimates: Mapping[str, np.ndarray],
    sample_rate: int,
    check: Callable[[int, int], object] = lambda done, total: None,
) -> dict[str, Row]:
    """Figures of each stem that both have, (C, T) arrays of one shape; None where there is none to give.

    usdr, si_sdr over the song; csdr (the SDR of BSS Eval v4), isr, sir, sar as medians over seconds; spectral_distance.
    A reference that is silent gets one figure, bleed_db: the level of its estimate relative to the whole song.
    """
    names = [name for name in references if name in estimates]
    sounding = [name for name in names if float(np.square(references[name], dtype=np.float64).sum()) > SILENT]
    whole = sum(float(np.square(reference, dtype=np.float64).sum()) for reference in references.values())
    rows: dict[str, Row] = {}
    for name in names:
        if name not in sounding:
            energy = float(np.square(estimates[name], dtype=np.float64).sum())
            rows[name] = {"bleed_db": 10 * np.log10(energy / whole) if energy and whole else None}
    if sounding:
        scores = bss_eval(
            np.stack([references[name] for name in sounding]), np.stack([estimates[name] for name in sounding]),
            window=sample_rate, hop=sample_rate, check=check,
        ).median()  # fmt: skip
    for index, name in enumerate(sounding):
        s, found = references[name], estimates[name]
        rows[name] = {
            "usdr": usdr(s, found),
            "csdr": csdr(s, found, sample_rate),
            **{figure: float(scores[figure][index]) for figure in ("isr", "sir", "sar")},
            "si_sdr": si_sdr(s, found),
            "spectral_distance": spectral_distance(s, found),
        }
    return {name: {key: _number(value) for key, value in rows[name].items()} for name in names}


def summary(songs: Sequence[Mapping[str, Row]]) -> dict[str, dict[str, Row]]:
    """{"mean": {stem: …}, "median": {stem: …}} over the songs that have a figure."""
    stems = list(dict.fromkeys(name for song in songs for name in song))
    result: dict[str, dict[str, Row]] = {"mean": {}, "median": {}}
    for name in stems:
        rows = [song[name] for song in songs if name in song]
        for how, over in (("mean", np.mean), ("median", np.median)):
            found: Row = {}
            for figure in (*FIGURES, "bleed_db"):
                values = [value for row in rows if (value := row.get(figure)) is not None and np.isfinite(value)]
                if values:
                    found[figure] = float(over(values))
            result[how][name] = found
    return result


def _number(value: Any) -> float | None:
    """JSON knows neither nan nor infinity: the first is None, the second 200 dB."""
    if value is None or np.isnan(value):
        return None
    return float(np.clip(value, -200.0, 200.0))
