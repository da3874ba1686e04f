"""The render thread: keeps the ring filled from the score, and changes what was filled when the score changes.

What is rendered but not yet handed to the sound card can still be changed: every block is kept with the state it
began from until it was heard. A new fader, seek or pause goes back to the first block the callback cannot reach
any more, and renders on from there differently; so a change is heard one latency, one callback and one block later.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from app.playback.levels import Levels, Reading
from app.playback.output import LATENCY, VANISHED, Output, fold
from app.playback.playhead import SILENT, State, advance, jump, voice_at
from app.playback.score import Score
from separation.errors import SoundError

AHEAD = 0.2  # seconds kept rendered
AHEAD_RESAMPLED = 0.06  # the same where nothing can be taken back
AT_ONCE = 6  # blocks rendered before the thread looks for new commands
REST = 10.0  # seconds of pause after which the device is given back
STALL = 3.0  # seconds without a callback after which the device counts as gone
FIRST_FADE = 0.15  # seconds: the first sound of a session comes gently
TICK = 0.02


class Block(NamedTuple):
    """Rendered and not yet heard. start: frame of the stream, at the song's rate. before: the state it began from."""

    start: int
    before: State
    sound: np.ndarray
    score: Score
    peaks: np.ndarray

    @property
    def stop(self) -> int:
        return self.start + self.sound.shape[1]

    def position(self, frame: float) -> int | None:
        """The song's frame at a frame of the stream; None in silence."""
        if self.before.voice is None:
            return None
        here = self.before.voice.position
        there = here + max(0, min(int(frame), self.stop) - self.start)
        end = self.score.loop_end(here)
        if self.score.loop and end is not None and there >= end:
            there = self.score.loop[0] + (there - end) % (end - self.score.loop[0])
        return min(there, self.score.frames)


@dataclass(frozen=True)
class Listener:
    """Whom the thread tells, from its own side: the song ended; no sound, and why; how many gaps so far."""

    ended: Callable[[], object]
    failed: Callable[[str], object]
    underflow: Callable[[int], object]


class Engine:
    """Plays a score. Every method may be called from the window and returns at once."""

    def __init__(self, listener: Listener, *, latency: float = LATENCY) -> None:
        self._listener, self._latency = listener, latency
        self._commands: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._wake = threading.Event()
        self._closing = False
        self._score: Score | None = None
        self._output: Output | None = None
        self._device: str | None = None
        self._fold: np.ndarray | None = None
        self._resampler: Any = None
        self._state, self._stream = SILENT, 0  # what is rendered next, and at which frame of the stream
        self._blocks: tuple[Block, ...] = ()
        self._changed = 0  # frame of the stream where the last command is heard
        self._end: int | None = None  # frame of the stream where the song is over
        self._rest = 0  # frame of the song where it goes on from silence
        self._playing, self._first = False, True
        self._seen, self._alive, self._gaps, self._rested = -1, 0.0, 0, 0.0
        self._lost = -REST  # when a device went away last
        self._levels = Levels(44100, 2)
        self._thread = threading.Thread(target=self._run, name="playback", daemon=True)
        self._thread.start()

    # what the window asks for

    def load(self, score: Score | None) -> None:
        """Another song, at its start and not playing; None lets go of the one there was."""
        self._ask(self._do_load, score)

    def update(self, score: Score) -> None:
        """The same song with other stems, faders or loop."""
        self._ask(self._do_update, score)

    def play(self) -> None:
        """Go on from where it rests; from the start if that is the end."""
        self._ask(self._do_play)

    def pause(self) -> None:
        self._ask(self._do_pause)

    def seek(self, frame: int) -> None:
        self._ask(self._do_seek, frame)

    def choose(self, device: str | None) -> None:
        """Play on the output of that name; None for the default."""
        self._ask(self._do_choose, device)

    def close(self) -> None:
        """End the thread and give the device back."""
        self._closing = True
        self._wake.set()
        self._thread.join(5.0)

    @property
    def playing(self) -> bool:
        """Whether it plays, or will when the commands given are taken up."""
        return self._playing or bool(self._commands)

    def position(self) -> int:
        """The frame of the song that is heard now; in silence, where it would go on."""
        heard, blocks = self._heard(), self._blocks
        block = next((b for b in reversed(blocks) if b.start <= heard < b.stop), None)
        there = block.position(heard) if block else None
        return self._rest if there is None else there

    def settled(self) -> bool:
        """Whether every command was taken up and is heard already."""
        return not self._commands and (self._output is None or self._heard() >= self._changed)

    def levels(self) -> Reading:
        return self._levels.take()

    # the thread

    def _ask(self, command: Callable[..., None], *arguments: Any) -> None:
        self._commands.append((command, arguments))
        self._wake.set()

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait((TICK if self._playing else 5 * TICK) if self._output else None)
            self._wake.clear()
            try:
                self._step()
            except SoundError as error:
                self._fail(str(error))
            except Exception as error:  # a song that went away from under its map, say: the studio goes on
                logging.getLogger(__name__).exception("Playback stopped")
                self._fail(f"Playback stopped: {error}.")
        self._stop()

    def _step(self) -> None:
        while self._commands:
            command, arguments = self._commands[0]
            command(*arguments)
            self._commands.popleft()
        if self._output:
            self._fill(self._output, AT_ONCE)
            self._pass(self._output)
            self._watch(self._output)

    def _fail(self, sentence: str) -> None:
        self._commands.clear()
        self._stop()
        self._listener.failed(sentence)

    def _do_load(self, score: Score | None) -> None:
        self._stop()
        self._score, self._rest = score, 0
        if score is not None:
            self._levels = Levels(score.sample_rate, score.channels)

    def _do_update(self, score: Score) -> None:
        old, self._score = self._score, score
        if old is None or not self._output or not self._playing:
            return
        if score.stems is not old.stems:
            self._change(lambda s: jump(score, s, voice_at(score, s.voice.position)) if s.voice else s)
        elif not score.remix.same(old.remix) or score.original != old.original or score.loop != old.loop:
            self._change(lambda s: s, in_fades=True)

    def _do_play(self) -> None:
        score = self._score
        if score is None or self._playing or not score.frames:
            return
        output = self._output or self._open(score)
        start = self._rest if self._rest < score.frames else 0
        fade_in = round(FIRST_FADE * score.sample_rate) if self._first else 0
        if start == 0:
            self._levels.restart()
        self._change(lambda s: jump(score, s, voice_at(score, start, fade_in=fade_in)))
        if not output.started:
            self._fill(output, round(AHEAD * score.sample_rate))
            output.start()
        output.ring.quiet = False
        self._playing, self._first, self._alive = True, False, time.monotonic()

    def _do_pause(self) -> None:
        if self._score and self._output and self._playing:
            score = self._score
            self._output.ring.quiet = True
            self._playing, self._rested = False, time.monotonic()
            self._change(lambda s: self._leave(score, s))

    def _leave(self, score: Score, state: State) -> State:
        if state.voice:
            self._rest = state.voice.position
        return jump(score, state, None)

    def _do_seek(self, frame: int) -> None:
        score, self._rest = self._score, frame
        if score is not None and self._playing:
            self._change(lambda s: jump(score, s, voice_at(score, frame)))

    def _do_choose(self, device: str | None) -> None:
        self._device, resume = device, self._playing
        if self._output:
            self._stop()
        if resume:
            self._do_play()

    def _open(self, score: Score) -> Output:
        self._output = output = Output(score.sample_rate, device=self._device, latency=self._latency)
        self._fold = fold(score.channels, output.ring.channels)
        self._resampler = self._new_resampler(score, output)
        self._seen, self._gaps = -1, 0
        return output

    def _new_resampler(self, score: Score, output: Output) -> Any:
        if output.sample_rate == score.sample_rate:
            return None
        import soxr

        return soxr.ResampleStream(score.sample_rate, output.sample_rate, output.ring.channels, dtype="float32")

    def _stop(self) -> None:
        """Close the device; the song rests where it was heard."""
        self._rest, self._playing = self.position(), False
        if self._output:
            output, self._output = self._output, None
            output.close()
        self._state, self._stream, self._end, self._changed, self._blocks = SILENT, 0, None, 0, ()

    def _heard(self) -> float:
        """Frames of the stream heard so far, at the song's rate."""
        output, score = self._output, self._score
        return output.heard() * (score.sample_rate / output.sample_rate) if output and score else 0.0

    def _change(self, edit: Callable[[State], State], *, in_fades: bool = False) -> None:
        """Go back to the first block that can still be another one, and go on from `edit` of its state.

        in_fades: the edit may fall into a crossfade; one that begins a crossfade waits until the last one is over.
        """
        for _ in range(4 if self._output and not self._resampler else 0):
            assert self._output is not None
            seen = self._output.ring.read
            later = [b for b in self._blocks if b.start >= seen + self._output.margin]
            first = next((b for b in later if in_fades or not b.before.fade), None)
            if first is None:
                break
            blocks, after = self._render(first.start, edit(first.before), AT_ONCE)
            if self._output.ring.replace(seen, first.start, np.concatenate([self._rows(b.sound) for b in blocks])):
                self._blocks = (*(b for b in self._blocks if b.start < first.start), *blocks)
                self._changed, self._stream, self._state = first.start, blocks[-1].stop, after
                self._end = self._ending(blocks, after)
                return
        self._changed, self._state, self._end = self._stream, edit(self._state), None

    def _render(self, start: int, state: State, count: int) -> tuple[list[Block], State]:
        assert self._score is not None
        score, blocks = self._score, []
        for k in range(count):
            sound, peaks, after = advance(score, state, score.block)
            blocks.append(Block(start + k * score.block, state, sound, score, peaks))
            state = after
        return blocks, state

    def _ending(self, blocks: list[Block], after: State) -> int | None:
        """Where the song is over, if it is in these blocks."""
        followers = [*(b.before for b in blocks[1:]), after]
        over = (b.stop for b, s in zip(blocks, followers, strict=True) if b.before.voice is not None and s.silent)
        return next(over, None)

    def _rows(self, sound: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray((sound if self._fold is None else self._fold @ sound).T, np.float32)

    def _fill(self, output: Output, most: int) -> None:
        """Render ahead, at most so many blocks; in silence nothing is rendered and the ring runs dry."""
        score = self._score
        ahead = (AHEAD_RESAMPLED if self._resampler else AHEAD) * output.sample_rate
        while score and not self._state.silent and output.ring.write - output.ring.read < ahead:
            if not most:
                self._wake.set()  # the rest comes after new commands, if there are any
                break
            most -= 1
            blocks, after = self._render(self._stream, self._state, 1)
            rows = self._rows(blocks[0].sound)
            if self._resampler is not None:
                rows = self._resampler.resample_chunk(rows, last=after.silent)
                if after.silent:
                    self._resampler = self._new_resampler(score, output)
            output.ring.append(rows)
            self._blocks = (*self._blocks, *blocks)
            self._stream, self._state = blocks[0].stop, after
            self._end = self._ending(blocks, after) or self._end
            output.ring.quiet = after.silent or not self._playing

    def _pass(self, output: Output) -> None:
        """What was heard goes to the meters."""
        heard = self._heard()
        for block in self._blocks:
            if block.stop > heard:
                break
            if not block.before.silent:
                self._levels.feed(block.sound, block.score.names, block.peaks)
        self._blocks = tuple(b for b in self._blocks if b.stop > heard)
        if self._end is not None and heard >= self._end - 1:
            self._end, self._playing, self._rested = None, False, time.monotonic()
            self._rest = self._score.frames if self._score else 0
            self._listener.ended()

    def _watch(self, output: Output) -> None:
        gaps = output.underflows + output.ring.starved
        if gaps != self._gaps:
            self._gaps = gaps
            self._listener.underflow(gaps)
        now = time.monotonic()
        if output.ring.read != self._seen:
            self._seen, self._alive = output.ring.read, now
        if self._playing and (not output.active or now - self._alive > STALL):
            self._go_on_elsewhere(now)
        if not self._playing and now - self._rested > REST:
            self._stop()

    def _go_on_elsewhere(self, now: float) -> None:
        """The device went away: play on where it was heard, on what is the default now; once, not again and again."""
        self._stop()
        recently, self._lost, self._device = now - self._lost < REST, now, None
        if recently:
            raise SoundError(VANISHED)
        try:
            self._do_play()
        except SoundError as error:
            raise SoundError(VANISHED) from error
