"""From a score and a state to the next block of sound and the next state: pure, so that any state can be kept,
gone back to and played on differently. The player needs that, because a fader moved now must change sound that
was rendered already.

One voice plays; where it jumps (seek, loop, pause) the old one is faded out over 5 ms while the new one fades in,
so a loop is exact to the sample and nothing clicks. Gains move linearly over one block.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from app.playback.score import Gains, Score
from separation.mix.render import mix_block


class Voice(NamedTuple):
    """One place in the song being played.

    position: next frame. stems: what it plays from. start, goal: gains it moves between. left: frames of the way to
    go, out of `length`.
    """

    position: int
    stems: tuple[np.ndarray, ...]
    start: Gains
    goal: Gains
    left: int = 0
    length: int = 1

    def gains(self, ahead: int = 0) -> Gains:
        """The gains `ahead` frames from now."""
        left = self.left - ahead
        return self.goal if left <= 0 else self.start.towards(self.goal, 1 - left / self.length)


class State(NamedTuple):
    """voice: what plays, None in silence. leaving: what is fading out. fade: frames of the crossfade to go.

    What is fading out may itself have been in a crossfade: after a seek to just before the end of a loop, say.
    """

    voice: Voice | None = None
    leaving: State | None = None
    fade: int = 0

    @property
    def silent(self) -> bool:
        return self.voice is None and self.leaving is None


SILENT = State()


def voice_at(score: Score, position: int, *, fade_in: int = 0) -> Voice:
    """A voice about to play from `position`; with `fade_in`, its master rises over that many frames."""
    goal = score.goal(position, score.block)
    start = Gains(goal.matrices, 0.0) if fade_in else goal
    return Voice(position, score.stems, start, goal, fade_in, max(1, fade_in))


def jump(score: Score, state: State, voice: Voice | None) -> State:
    """The state in which `voice` (None: silence) takes over."""
    if state.silent and voice is not None and (voice.position == 0 or voice.left):
        return State(voice)  # before the first sample there is silence anyway; a long fade-in needs no short one
    return State(voice, state, score.fade) if voice or not state.silent else SILENT


def advance(score: Score, state: State, count: int) -> tuple[np.ndarray, np.ndarray, State]:
    """The next `count` frames: sound (C, count) float32, peaks (J, C) after the faders, and the state then."""
    out = np.zeros((score.channels, count), np.float32)
    peaks = np.zeros((len(score.names), score.channels))
    filled = 0
    while filled < count and not state.silent:
        state = _arrive(score, state)
        take = _uninterrupted(score, state, count - filled)
        if not take:
            break
        out[:, filled : filled + take], state = _sound(score, state, take, peaks)
        filled += take
    return out, peaks, _arrive(score, state)


def _arrive(score: Score, state: State) -> State:
    """Jump at the loop's end; fall silent at the song's, when what was fading out has done so."""
    voice = state.voice
    if voice is None:
        return state
    if score.loop and voice.position == score.loop_end(voice.position - 1):
        return jump(score, state, voice_at(score, score.loop[0]))
    return SILENT if voice.position >= score.frames and not state.fade else state


def _uninterrupted(score: Score, state: State, count: int) -> int:
    """How many of the next `count` frames pass before something happens."""
    if state.fade:
        count = min(count, state.fade)
    if state.voice is not None:
        end = score.loop_end(state.voice.position)
        ahead = (score.frames if end is None else end) - state.voice.position
        count = min(count, ahead) if ahead > 0 else count
    return count


def _sound(score: Score, state: State, count: int, peaks: np.ndarray | None) -> tuple[np.ndarray, State]:
    """`count` frames of all that sounds, and the state then."""
    sound, voice = _play(score, state.voice, count, peaks)
    if not state.fade or state.leaving is None:
        return sound, State(voice)
    share = np.minimum(1.0, (score.fade - state.fade + np.arange(1, count + 1)) / score.fade)
    rising = np.sin(np.pi / 2 * share) ** 2  # no corners: a linear fade of 5 ms is just audible on a pure tone
    old, leaving = _sound(score, state.leaving, count, None)
    sound = np.asarray(sound * rising + old * (1 - rising), np.float32)
    fade = max(0, state.fade - count)
    return sound, State(voice, leaving if fade else None, fade)


def _play(score: Score, voice: Voice | None, count: int, peaks: np.ndarray | None) -> tuple[np.ndarray, Voice | None]:
    """`count` frames of one voice. With `peaks` it is the playing voice: it follows the mixer and is measured."""
    if voice is None:
        return np.zeros((score.channels, count), np.float32), None
    if peaks is not None:
        goal = score.goal(voice.position, count)
        if not goal.same(voice.goal):
            voice = voice._replace(start=voice.gains(), goal=goal, left=score.block, length=score.block)
        _measure(score, voice, count, peaks)
    parts = [(0, min(voice.left, count)), (min(voice.left, count), count)]  # the ramp, then the settled rest
    sound = [
        mix_block(
            _read(score.mixture, voice.position + a, b - a),
            [_read(stem, voice.position + a, b - a) for stem in voice.stems],
            voice.gains(a).matrices,
            voice.gains(b).matrices,
            master=(voice.gains(a).master, voice.gains(b).master),
        )
        for a, b in parts
        if b > a
    ]
    later = voice._replace(position=voice.position + count, left=max(0, voice.left - count))
    return sound[0] if len(sound) == 1 else np.concatenate(sound, axis=1), later


def _measure(score: Score, voice: Voice, count: int, peaks: np.ndarray) -> None:
    if voice.position + count <= score.ready:
        for j, stem in enumerate(voice.stems):
            part, matrix = stem[voice.position : voice.position + count], voice.goal.matrices[j]
            if np.count_nonzero(matrix - np.diag(np.diagonal(matrix))):  # sides are mixed: their peaks do not tell
                part, matrix = part @ matrix.T, np.eye(len(matrix))
            high = np.maximum(part.max(axis=0), -part.min(axis=0))
            np.maximum(peaks[j], np.abs(matrix) @ high, out=peaks[j])


def _read(array: np.ndarray, position: int, count: int) -> np.ndarray:
    """Frames of (T, C) as (C, count); silence beyond the end."""
    part = array[position : position + count]
    if len(part) < count:
        part = np.concatenate([part, np.zeros((count - len(part), array.shape[1]), np.float32)])
    return part.T
