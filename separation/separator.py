"""separate(): the one door. Restores rate and length, checks the result, makes the sum exact.

Everything flows: blocks of the mixture go in, blocks of stems (J, C, n) come out, in order and of the same total
length, at the mixture's own rate. A method that needs the whole song is fed the whole song; the door is the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from separation import catalogue, devices
from separation.audio.resampling import resample_blocks
from separation.audio.signal import Audio, Stream
from separation.checkpoints import require
from separation.errors import MethodError
from separation.method import Method
from separation.parameters import Parameters, build
from separation.progress import Event, Progress, Report
from separation.stems import Stems, complete

DEFAULT = catalogue.DEFAULT


@dataclass(frozen=True, eq=False)
class Plan:
    """A method with its parameters settled, ready to run: what `separate_stream` needs and what a report names."""

    method: Method
    parameters: Parameters

    @property
    def names(self) -> tuple[str, ...]:
        return self.method.names(self.parameters)

    @property
    def rest(self) -> int:
        return self.names.index(self.method.rest_of(self.parameters))


def plan(method: str | Method = DEFAULT, *, device: str = "auto", seed: int = 0, **parameters: Any) -> Plan:
    """Settle a method, its parameters and the device (only networks run on mps); checks that its weights are here.

    Raises MethodError, ParameterError, DeviceError or CheckpointError, before any work is done.
    """
    found = catalogue.find(method)
    for checkpoint in found.checkpoints:
        require(checkpoint)
    place = devices.resolve(device)
    if place == "mps" and found.family != "network":  # signal models take sums in float64, which Apple's GPUs lack
        place = "cpu"
    settled = build(found.parameters, {**parameters, "device": place, "seed": seed})
    return Plan(found, settled)


def separate(
    audio: Audio,
    method: str | Method = DEFAULT,
    *,
    progress: Progress | None = None,
    cancel: Event | None = None,
    device: str = "auto",
    seed: int = 0,
    **parameters: Any,
) -> Stems:
    """Take a song apart. Returns `Stems`: name -> Audio of the song's rate, channels and length, summing to it.

    progress: called with (done, total, message) at least twice a second while work goes on.
    cancel: an event; once set, `Cancelled` is raised within a second.
    Same seed, same machine: same stems.
    """
    settled = plan(method, device=device, seed=seed, **parameters)
    started = time.monotonic()
    blocks = list(separate_stream(audio.stream(), settled, Report(progress, cancel)))
    nothing = np.zeros((len(settled.names), audio.channels, 0), np.float32)
    whole = np.concatenate([nothing, *blocks], axis=2)
    stems = {name: audio.with_samples(whole[j]) for j, name in enumerate(settled.names)}
    seconds = time.monotonic() - started
    return Stems(stems, method=settled.method.id, device=settled.parameters.device, seconds=seconds)


def separate_stream(stream: Stream, settled: Plan, report: Report) -> Iterator[np.ndarray]:
    """Blocks of stems (J, C, n) float32 for blocks of mixture; Σ over J of each block is the mixture's block.

    On a GPU that runs out of memory before the first block is out, the work starts again on the CPU.
    """
    kept = _Delay(stream.blocks)
    work_rate = settled.method.sample_rate or stream.sample_rate
    incoming = resample_blocks(iter(kept), stream.sample_rate, work_rate)
    expected = round(stream.frames * work_rate / stream.sample_rate)
    again = stream.again
    inner = Stream(
        incoming, work_rate, stream.channels, max(expected, 1),
        again and (lambda: resample_blocks(again(), stream.sample_rate, work_rate)),
    )  # fmt: skip
    produced = _produce(inner, settled, report)
    if work_rate != stream.sample_rate:
        produced = _resample_stems(produced, work_rate, stream.sample_rate)
    for block in produced:
        mixture = kept.take(block.shape[2])
        if mixture.shape[1]:
            yield complete(_finite(block[:, :, : mixture.shape[1]]), mixture, settled.rest)
    tail = kept.rest()  # resampling may round a few samples away at the end: they stay in the rest
    if tail.shape[1]:
        yield complete(np.zeros((len(settled.names), *tail.shape), np.float32), tail, settled.rest)


def _produce(stream: Stream, settled: Plan, report: Report) -> Iterator[np.ndarray]:
    method, parameters = settled.method, settled.parameters
    if method.stream is not None:
        return method.stream(stream, parameters, report)
    if method.run is None:
        raise MethodError(f"The method “{method.id}” has nothing to run.")
    whole = stream.collect()
    if parameters.device == "cpu":
        return iter([method.run(whole, parameters, report)])
    run = method.run
    result = devices.with_fallback(lambda d: run(whole, replace(parameters, device=d), report), parameters.device)
    return iter([result])


def _resample_stems(blocks: Iterator[np.ndarray], source: int, target: int) -> Iterator[np.ndarray]:
    shape: list[tuple[int, int]] = []

    def flat() -> Iterator[np.ndarray]:
        for block in blocks:
            shape[:] = [block.shape[:2]]
            yield block.reshape(-1, block.shape[2])  # (J C, n): one resampler keeps all stems aligned

    for block in resample_blocks(flat(), source, target):
        stems, channels = shape[0]
        yield block.reshape(stems, channels, -1)


def _finite(block: np.ndarray) -> np.ndarray:
    if np.isfinite(block).all():
        return block
    raise MethodError("The method returned values that are not numbers: run it again with --device cpu.")


class _Delay:
    """Hands blocks on and keeps a copy until the stems for the same samples arrive."""

    def __init__(self, blocks: Iterator[np.ndarray]) -> None:
        self._blocks = blocks
        self._kept: list[np.ndarray] = []
        self._channels = 1

    def __iter__(self) -> Iterator[np.ndarray]:
        for block in self._blocks:
            self._channels = block.shape[0]
            self._kept.append(block)
            yield block

    def take(self, count: int) -> np.ndarray:
        """The next `count` samples (C, count), fewer at the end."""
        parts: list[np.ndarray] = []
        while count > 0 and self._kept:
            head = self._kept[0]
            parts.append(head[:, :count])
            if head.shape[1] > count:
                self._kept[0] = head[:, count:]
            else:
                del self._kept[0]
            count -= parts[-1].shape[1]
        return np.concatenate(parts, axis=1) if parts else np.zeros((self._channels, 0), np.float32)

    def rest(self) -> np.ndarray:
        """All that is left."""
        for _ in self:  # a method may stop before the last block
            pass
        return self.take(sum(b.shape[1] for b in self._kept))
