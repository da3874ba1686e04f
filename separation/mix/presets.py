"""The mixes people come for, as pure functions on the mixer: karaoke, acapella, practice, minus one, drums only.

    karaoke(state)                    # without the voice
    practice(state, "bass")           # without the bass: play it yourself
    minus_one(state, "bass")          # the bass as a quiet guide
    preset(state, "practice:bass")    # the same by name, as the command line writes it

A preset says which stems are heard: the others are muted, solos end, and faders stay as they are, but for those that
would keep down what shall be heard. Stems have the names that methods give them, so a role is looked for under all its
names: a kit's kick and snare are drums, all that is no voice is the accompaniment. Where the stems cannot do it, the
ParameterError says which stems there are and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from separation.errors import ParameterError
from separation.mix.state import MINUS_INFINITY, MixState

GUIDE_DB = -18.0  # of the stem that is left as a guide
VOICE = ("vocals", "vocal", "voice", "singing", "lead vocals", "backing vocals", "choir", "speech")
DRUMS = (
    "drums", "drum", "percussive", "percussion", "kit", "kick", "snare", "hihat", "hat", "hats", "toms", "tom",
    "cymbals", "cymbal", "ride", "crash", "clap",
)  # fmt: skip
ROLES = {"vocals": VOICE, "voice": VOICE, "drums": DRUMS, "percussion": DRUMS, "percussive": DRUMS}
BACKING = ("accompaniment", "instrumental", "backing", "no vocals", "karaoke")


def karaoke(state: MixState) -> MixState:
    """All but the voice."""
    return _without(state, _some(playing(state.names, "vocals"), state.names, "vocals", "Karaoke"), "Karaoke")


def acapella(state: MixState) -> MixState:
    """The voice alone."""
    return _heard(state, _some(playing(state.names, "vocals"), state.names, "vocals", "Acapella"))


def drums(state: MixState) -> MixState:
    """The drums alone, of one stem or of many."""
    return _heard(state, _some(playing(state.names, "drums"), state.names, "drums", "Drums only"))


def practice(state: MixState, stem: str) -> MixState:
    """All but that stem, which the person plays."""
    return _without(state, _some(members(state.names, stem), state.names, stem, "Practice"), "Practice")


def minus_one(state: MixState, stem: str) -> MixState:
    """All, with that stem at GUIDE_DB: quiet, but there to follow."""
    guides = _some(members(state.names, stem), state.names, stem, "Minus one")
    _besides(state, guides, "Minus one")
    mixed = _heard(state, state.names)
    for name in guides:
        mixed = mixed.with_strip(name, replace(mixed.strip(name), gain_db=GUIDE_DB))
    return mixed


WHOLE: dict[str, Callable[[MixState], MixState]] = {"karaoke": karaoke, "acapella": acapella, "drums": drums}
OF_A_STEM: dict[str, Callable[[MixState, str], MixState]] = {"practice": practice, "minus-one": minus_one}


def preset(state: MixState, text: str) -> MixState:
    """The mix of a preset by name: "karaoke", "acapella", "drums", "practice:STEM" or "minus-one:STEM"."""
    name, _, stem = (part.strip() for part in text.partition(":"))
    if name in WHOLE:
        if stem:
            raise ParameterError(f"“{name}” takes no stem: write {name}.")
        return WHOLE[name](state)
    if name in OF_A_STEM:
        if not stem:
            example = state.names[0] if state.names else "bass"
            raise ParameterError(f"“{name}” needs the name of a stem: write for example {name}:{example}.")
        return OF_A_STEM[name](state, stem)
    known = [*WHOLE, *(f"{one}:STEM" for one in OF_A_STEM)]
    raise ParameterError(f"There is no preset “{text}”: choose one of {', '.join(known)}.")


def why_not(state: MixState, text: str) -> str:
    """The sentence that says why a preset cannot be had from these stems; "" if it can."""
    try:
        preset(state, text)
    except ParameterError as error:
        return str(error)
    return ""


def members(names: Sequence[str], wanted: str) -> tuple[str, ...]:
    """The stems a person means: that of this name, or else those that make it up together; none if there are none."""
    return (wanted,) if wanted in names else playing(names, wanted)


def playing(names: Sequence[str], role: str) -> tuple[str, ...]:
    """All stems that have a role, by any of its names."""
    role = role.strip().lower()
    if role in BACKING:
        voices = playing(names, "vocals")
        return tuple(name for name in names if name not in voices) if voices else ()
    alike = ROLES.get(role, (role,))
    return tuple(name for name in names if name.lower() in alike)


def _some(found: tuple[str, ...], names: Sequence[str], wanted: str, preset: str) -> tuple[str, ...]:
    if not found:
        raise ParameterError(f"{preset} needs a stem “{wanted}”; {_here(names)}. Separate again so that there is one.")
    return found


def _without(state: MixState, away: tuple[str, ...], preset: str) -> MixState:
    return _heard(state, _besides(state, away, preset))


def _besides(state: MixState, some: tuple[str, ...], preset: str) -> tuple[str, ...]:
    left = tuple(name for name in state.names if name not in some)
    if not left:
        raise ParameterError(f"{preset} needs more than that to play along with; {_here(state.names)}.")
    return left


def _heard(state: MixState, heard: Sequence[str]) -> MixState:
    """Exactly these are heard; guides of another preset are at 0 dB again, and of these also faders at −∞."""
    for name, strip in state.strips:
        here = name in heard
        down = strip.gain_db == GUIDE_DB or (here and strip.gain_db == MINUS_INFINITY)
        level = 0.0 if down else strip.gain_db
        state = state.with_strip(name, replace(strip, mute=not here, solo=False, gain_db=level))
    return state


def _here(names: Sequence[str]) -> str:
    return f"here {'is only' if len(names) == 1 else 'are'} {', '.join(names)}" if names else "there are no stems"
