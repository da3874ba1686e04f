"""Playback as the window sees it: one object with a position, a state and signals.

All sound is made by `engine.Engine` in a thread of its own; nothing here waits. What the mixer, the loop and the
stems are is kept as one `Score`, replaced at every change.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from app.playback.collecting import Collector
from app.playback.engine import Engine, Listener
from app.playback.levels import Reading
from app.playback.output import LATENCY, devices
from app.playback.score import Score
from separation.mix.state import MixState


class Player(QObject):
    """Plays the song, or its remix where stems are ready.

    state_changed(playing); failed(one sentence): there is no sound, everything else works, `play` tries again;
    underflow(gaps since the device was opened).
    """

    state_changed = Signal(bool)
    failed = Signal(str)
    underflow = Signal(int)

    _ended = Signal()
    _broke = Signal(str)
    _gapped = Signal(int)

    def __init__(self, parent: QObject | None = None, *, latency: float = LATENCY) -> None:
        super().__init__(parent)
        self._score: Score | None = None
        self._playing = False
        self._target: int | None = None  # where a seek goes, until it is heard
        self._mix, self._original = MixState(), False
        self._loop: tuple[float, float] | None = None
        self._origins: tuple[object, ...] = ()  # of the stems
        queued = Qt.ConnectionType.QueuedConnection  # these come from the render thread
        self._ended.connect(self._when_ended, queued)
        self._broke.connect(self._when_broken, queued)
        self._gapped.connect(self.underflow, queued)
        self._collector = Collector(self)  # before there is a second thread
        self._engine = Engine(Listener(self._ended.emit, self._broke.emit, self._gapped.emit), latency=latency)

    @property
    def playing(self) -> bool:
        return self._playing

    @property
    def duration(self) -> float:
        """Of the song, in seconds; 0 without one."""
        return self._score.frames / self._score.sample_rate if self._score else 0.0

    @property
    def position(self) -> float:
        """Where in the song the ear is now, in seconds."""
        if self._score is None:
            return 0.0
        if self._target is not None and self._engine.settled():
            self._target = None
        frame = self._engine.position() if self._target is None else self._target
        return frame / self._score.sample_rate

    def load(self, mixture: np.ndarray, sample_rate: int) -> None:
        """Another song (T, C) float32, usually mapped from a file; it may still be being filled. Stops."""
        self._halt()
        self._score = Score(np.asarray(mixture), sample_rate, mix=self._mix, original=self._original)
        self._origins, self._target = (), None
        self._engine.load(self._score)
        self.set_loop(self._loop)

    def unload(self) -> None:
        """No song: lets go of the arrays."""
        self._halt()
        self._score, self._target = None, None
        self._engine.load(None)

    def set_stems(
        self, names: Iterable[str], arrays: Sequence[np.ndarray] | Mapping[str, np.ndarray], ready_frames: int
    ) -> None:
        """The stems (T, C) in order; the first `ready_frames` are there. None: no stems any more."""
        score, order = self._score, tuple(names)
        if score is None:
            return
        found = [arrays[name] for name in order] if isinstance(arrays, Mapping) else list(arrays)
        origins = tuple(_origin(array) for array in found)
        same = order == score.names and origins == self._origins
        stems = score.stems if same else tuple(np.asarray(array) for array in found)
        self._origins = origins
        self._update(replace(score, names=order, stems=stems, ready=ready_frames))

    def set_mix(self, mix: MixState) -> None:
        """Faders, pans, mutes and solos, heard within the latency and 20 ms."""
        self._mix = mix
        if self._score:
            self._update(replace(self._score, mix=mix))

    def set_original(self, on: bool) -> None:
        """Play the song as it was, at the same master level; crossfaded."""
        self._original = on
        if self._score:
            self._update(replace(self._score, original=on))

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Repeat from one time to another, in seconds; a position beyond it plays on to the end."""
        self._loop = loop
        if self._score:
            rate = self._score.sample_rate
            frames = None if loop is None else (max(0, round(min(loop) * rate)), round(max(loop) * rate))
            self._update(replace(self._score, loop=frames))

    def play(self) -> None:
        """Go on from here; from the start if this is the end. Without a sound output, `failed` says so."""
        if self._score and self._score.frames and not self._playing:
            self._collector.settle()
            self._playing = True
            self._engine.play()
            self.state_changed.emit(True)

    def pause(self) -> None:
        if self._playing:
            self._engine.pause()
            self._halt()

    def toggle(self) -> None:
        if self._playing:
            self.pause()
        else:
            self.play()

    def seek(self, seconds: float) -> None:
        """Go to a time, playing or not; times outside the song become its ends."""
        if self._score:
            self._target = min(max(0, round(seconds * self._score.sample_rate)), self._score.frames)
            self._engine.seek(self._target)

    def levels(self) -> Reading:
        """What was heard since the last call, for meters.

        Each stem's name and "master": peaks (left, right), linear, after the faders. "momentary", "short_term",
        "integrated": LUFS of the master. "peak": highest peak since playback began at the start of the song.
        """
        return self._engine.levels()

    def outputs(self) -> tuple[str, ...]:
        """The sound outputs there are, the default first."""
        return devices()

    def choose_output(self, name: str | None) -> None:
        """Play on that output; None for the default."""
        self._engine.choose(name)

    def close(self) -> None:
        """Stop, and end the thread; the player is of no use afterwards."""
        self._halt()
        self._engine.close()
        self._collector.close()

    def _update(self, score: Score) -> None:
        self._score = score
        self._engine.update(score)

    def _halt(self) -> None:
        if self._playing:
            self._playing = False
            self.state_changed.emit(False)

    def _when_ended(self) -> None:
        if not self._engine.playing:  # unless it was started again meanwhile
            self._halt()

    def _when_broken(self, sentence: str) -> None:
        self._target = None
        self._halt()
        self.failed.emit(sentence)


def _origin(array: np.ndarray) -> tuple[object, ...]:
    """What tells whether two arrays are the same frames: a file mapped twice is."""
    if isinstance(array, np.memmap) and array.filename is not None:
        status = os.stat(array.filename)
        return status.st_dev, status.st_ino, array.offset, array.shape
    return array.__array_interface__["data"], array.shape, array.strides
