"""What a separation method is: one frozen record, one function from sound to stems.

A method that can work while the sound flows past gives `stream`; one that must see the whole song gives `run`.
`separator.separate` accepts either; adding a method is one file in `separators/` and one line in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from separation.audio.signal import Audio, Stream
from separation.parameters import Parameters
from separation.progress import Report

Run = Callable[[Audio, Any, Report], np.ndarray]
Streamed = Callable[[Stream, Any, Report], Iterator[np.ndarray]]


@dataclass(frozen=True)
class Method:
    """One entry of the catalogue.

    id: as typed after `--method`.
    title, summary: its name and one plain line for people who know nothing about separation.
    family: "nmf", "network", "hybrid" or "classic".
    stems: names in output order (J); a method with a `sources` parameter names them by `stems_for`.
    rest: the stem that takes what the others leave, so that the sum is the mixture.
    source: citation. licence: of code and weights.
    parameters: frozen dataclass deriving from `Parameters`.
    run: (audio, parameters, report) -> (J, C, T) float32, for methods that need the whole song.
    stream: (stream, parameters, report) -> consecutive blocks (J, C, n) float32 that add up to `stream.frames`.
    sample_rate: the rate it works at, in Hz; None if any will do (the separator resamples there and back).
    checkpoints: ids in resources/checkpoints.json that must be present.
    needs: the parameter it cannot run without, such as a file only the person has.
    speed: seconds of song per second on one CPU core, measured on four minutes of stereo from file to FLAC files; for
        the first guess of a run time.
    """

    id: str
    title: str
    summary: str
    family: str
    stems: tuple[str, ...]
    rest: str
    source: str
    licence: str
    parameters: type[Parameters] = Parameters
    run: Run | None = None
    stream: Streamed | None = None
    sample_rate: int | None = None
    checkpoints: tuple[str, ...] = ()
    speed: float = 1.0
    stems_for: Callable[[Any], tuple[str, ...]] | None = None
    needs: str = ""

    def names(self, parameters: Parameters) -> tuple[str, ...]:
        """The stems these parameters give, in output order."""
        return self.stems_for(parameters) if self.stems_for else self.stems

    def rest_of(self, parameters: Parameters) -> str:
        """Which of these stems takes what the others leave: `rest`, or the last where a file names others."""
        names = self.names(parameters)
        return self.rest if self.rest in names else names[-1]
