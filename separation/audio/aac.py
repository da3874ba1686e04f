"""Writing M4A: AAC in MP4 by FFmpeg, with an edit list that makes it exactly as long as the sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np

LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1"}
BIT_RATE = 128_000  # per channel


class AacFile:
    """Looks like a soundfile.SoundFile that is written: `write(frames × channels)`, `close()`."""

    def __init__(self, path: Path, sample_rate: int, channels: int) -> None:
        import av

        if channels not in LAYOUTS:
            raise ValueError(f"AAC has no layout for {channels} channels")
        self._layout, self._rate, self._at = LAYOUTS[channels], sample_rate, 0
        # counting in samples, not in milliseconds, lets the edit list state the length exactly
        self._file = av.open(str(path), "w", format="ipod", options={"movie_timescale": str(sample_rate)})
        self._track = self._file.add_stream("aac", rate=sample_rate, layout=self._layout)
        self._track.bit_rate = min(BIT_RATE, 3 * sample_rate) * channels

    def write(self, samples: np.ndarray) -> None:
        """Append float32 samples (n, C)."""
        import av

        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T, np.float32), "fltp", self._layout)
        frame.sample_rate, frame.pts = self._rate, self._at
        self._at += len(samples)
        self._file.mux(self._track.encode(frame))

    def close(self) -> None:
        """Write what is still in the encoder, and the index."""
        try:
            if self._at:
                self._file.mux(self._track.encode(None))
        finally:
            self._file.close()
