"""The sound card: one PortAudio stream whose callback copies from a ring and does nothing else.

Songs of one channel or more than two are folded to what the device plays. A device that refuses the song's sample
rate is opened at its own, and the sound resampled on the way. `sounddevice` is imported when the first stream is
opened. Every failure is a SoundError: one sentence.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

import numpy as np

from app.playback.ring import Ring
from separation.errors import SoundError

LATENCY = 0.1  # seconds; under load, less than this stalls PortAudio over ALSA for seconds
CALLBACK = 256  # frames per callback at 48 kHz and below
NO_DEVICE = "There is no sound output: connect one, then choose “Try again”."
VANISHED = "The sound output went away: connect it again or choose another, then choose “Try again”."

_HALF = float(np.sqrt(0.5))
# left of each loudspeaker in WAV order; right is its mirror (ITU-R BS.775, without the bass channel)
_LAYOUTS: dict[int, tuple[tuple[float, float], ...]] = {
    3: ((1, 0), (0, 1), (_HALF, _HALF)),
    4: ((1, 0), (0, 1), (_HALF, 0), (0, _HALF)),
    5: ((1, 0), (0, 1), (_HALF, _HALF), (_HALF, 0), (0, _HALF)),
    6: ((1, 0), (0, 1), (_HALF, _HALF), (0, 0), (_HALF, 0), (0, _HALF)),
    7: ((1, 0), (0, 1), (_HALF, _HALF), (0, 0), (_HALF, _HALF), (_HALF, 0), (0, _HALF)),
    8: ((1, 0), (0, 1), (_HALF, _HALF), (0, 0), (_HALF, 0), (0, _HALF), (_HALF, 0), (0, _HALF)),
}


def fold(channels: int, outputs: int) -> np.ndarray | None:
    """Matrix (outputs, channels) for listening; None where nothing has to be done. It never adds up to more than 1."""
    if channels == outputs:
        return None
    matrix = (
        np.array(_LAYOUTS[channels], np.float64).T if channels > 2 else np.ones((2, channels)) * np.eye(2, channels)
    )
    if channels == 1:
        matrix = np.ones((2, 1))
    matrix = matrix / matrix.sum(axis=1).max()
    return matrix if outputs == 2 else matrix.mean(axis=0, keepdims=True)


_lock = threading.Lock()  # PortAudio is not to be asked from two threads at once
_open: set[Output] = set()


def devices() -> tuple[str, ...]:
    """Names of the outputs there are, the default first; none where there is no sound at all."""
    with _lock:
        try:
            sounddevice = _portaudio()
            every = sounddevice.query_devices()
            default = sounddevice.query_devices(kind="output")["name"]
        except (SoundError, sounddevice.PortAudioError, ValueError):
            return ()
    names = [d["name"] for d in every if d["max_output_channels"] > 0]
    return tuple(dict.fromkeys([default, *names]))


class Output:
    """An open stream that plays a ring.

    sample_rate: the device's, which may differ from the song's. ring: to be filled before and after `start`.
    """

    def __init__(self, sample_rate: int, *, device: str | None = None, latency: float = LATENCY) -> None:
        self.latency, self.underflows, self.started = latency, 0, False
        with _lock:
            sounddevice = _portaudio()
            self._error: type[Exception] = sounddevice.PortAudioError
            try:
                facts = sounddevice.query_devices(device, "output")
                channels = min(2, facts["max_output_channels"])
                self.sample_rate = _accepted(sounddevice, sample_rate, facts, device, channels)
                self.margin = CALLBACK * max(1, round(self.sample_rate / 48000))
                self.ring = Ring(round(0.5 * self.sample_rate), channels)
                self._stream: Any = sounddevice.RawOutputStream(
                    samplerate=self.sample_rate, channels=channels, dtype="float32", device=device,
                    blocksize=self.margin, latency=latency, callback=self._copy,
                )  # fmt: skip
            except (self._error, ValueError) as error:
                raise SoundError(NO_DEVICE) from error
            _open.add(self)

    def start(self) -> None:
        """Begin to play the ring. Raises SoundError."""
        try:
            self._stream.start()
            self.started = True
        except self._error as error:
            raise SoundError(NO_DEVICE) from error

    def close(self) -> None:
        """Stop at once and give the device back."""
        with _lock, suppress(self._error):  # it may have gone away by itself
            _open.discard(self)
            self._stream.close()

    @property
    def active(self) -> bool:
        """Whether the device still asks for sound."""
        try:
            return bool(self._stream.active)
        except self._error:
            return False

    def heard(self) -> float:
        """The frame of the ring that is heard now."""
        frame, when = self.ring.mark
        return min(self.ring.read, max(0.0, frame + (time.perf_counter() - when) * self.sample_rate))

    def _copy(self, out: Any, count: int, moment: Any, status: Any) -> None:
        delay = moment.outputBufferDacTime - moment.currentTime
        self.ring.take(out, count, delay if delay > 0 else self.latency)
        if status:
            self.underflows += 1


def _accepted(sounddevice: Any, sample_rate: int, facts: Any, device: str | None, channels: int) -> int:
    try:
        sounddevice.check_output_settings(device=device, channels=channels, dtype="float32", samplerate=sample_rate)
    except sounddevice.PortAudioError:
        return int(facts["default_samplerate"])
    return sample_rate


def _portaudio() -> Any:
    """The module sounddevice, after PortAudio looked again which devices there are; it cannot while one is open."""
    try:
        import sounddevice
    except OSError as error:  # the library itself is missing
        raise SoundError(
            "Sound needs the PortAudio library: install libportaudio2, then choose “Try again”."
        ) from error
    if not _open:
        sounddevice._terminate()
        sounddevice._initialize()
    return sounddevice
