"""A dictionary: atoms learnt beforehand from instruments alone, with what they are and where they come from.

Atoms are magnitude spectra whose columns sum to one. A dictionary never changes; a song adapts a copy of its atoms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from separation.errors import InputError, ParameterError

DUPLICATE = 0.97  # cosine above which two atoms of one label are one
RARE = 0.25  # price of an atom whose label is ten times rarer than another, as a share of the mixture
LABEL = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|.][^\x00-\x1f\x7f/\\:*?\"<>|]{0,63}")  # it becomes a file name


@dataclass(frozen=True)
class Transform:
    """The short-time Fourier transform of the atoms: magnitudes with a periodic Hann window."""

    sample_rate: int = 44100
    n_fft: int = 4096
    hop: int = 1024

    def __post_init__(self) -> None:
        if not (1000 <= self.sample_rate <= 768000 and 32 <= self.n_fft <= 1 << 17 and self.n_fft % 2 == 0):
            raise ParameterError(
                f"A dictionary has a sample rate from 1000 to 768000 Hz and an even window of 32 to 131072 samples; "
                f"{self.sample_rate} Hz and {self.n_fft} samples will not do."
            )
        if not 1 <= self.hop <= self.n_fft // 2:
            raise ParameterError(f"The hop of a window of {self.n_fft} lies between 1 and {self.n_fft // 2} samples.")

    @property
    def bins(self) -> int:
        return self.n_fft // 2 + 1

    @property
    def window(self) -> float:
        """Length in seconds."""
        return self.n_fft / self.sample_rate


@dataclass(frozen=True)
class Origin:
    """Where a dictionary comes from, in words: its short name, the licence of the sounds, and what they were."""

    name: str = ""
    licence: str = "not stated"
    provenance: str = ""


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Atoms W (F, K) float32 >= 0, columns summing to one; read-only.

    labels: the instrument of each atom. pitches: MIDI note of each, -1 where there is none.
    energy (K,): each atom's share of the sound it was learnt from. gain, spread (K,): mean and standard deviation in
    dB of an atom's share of a frame, over the frames in which it sounds.
    Raises InputError, in a sentence, for what is not a dictionary.
    """

    W: np.ndarray
    labels: tuple[str, ...]
    transform: Transform = field(default_factory=Transform)
    pitches: tuple[int, ...] = ()
    energy: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    gain: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    spread: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    divergence: str = "kl"
    origin: Origin = field(default_factory=Origin)

    def __post_init__(self) -> None:
        W = np.array(self.W, np.float32)
        if W.ndim != 2 or W.shape[0] != self.transform.bins or W.shape[1] != len(self.labels) or not self.labels:
            raise InputError(
                f"A dictionary of {len(self.labels)} labels and {self.transform.n_fft} samples per window needs atoms "
                f"of shape {self.transform.bins} × {len(self.labels)}; these have {' × '.join(map(str, W.shape))}."
            )
        if not np.isfinite(W).all() or W.min() < 0.0 or W.max() > 1e30:
            raise InputError("The atoms of a dictionary must be finite numbers that are not negative.")
        mass = W.sum(0, dtype=np.float64)
        if not (mass > 0.0).all():
            raise InputError("A dictionary must not hold an atom that is all zeros.")
        for label in self.labels:
            if not LABEL.fullmatch(label):
                raise InputError(f"“{label[:40]}” cannot be the label of an atom: stems are named after it.")
        count = len(self.labels)
        pitches = self.pitches or (-1,) * count
        if len(pitches) != count or not all(-1 <= p <= 127 for p in pitches):
            raise InputError(f"The pitches of {count} atoms are as many MIDI notes, 0 to 127, or -1 for none.")
        if self.divergence not in ("kl", "is", "euclidean"):
            raise InputError(f"A dictionary is learnt with kl, is or euclidean, not “{self.divergence[:20]}”.")
        W = (W / mass).astype(np.float32)
        W.flags.writeable = False
        object.__setattr__(self, "W", W)
        object.__setattr__(self, "pitches", tuple(pitches))
        for name, standard in (("energy", 1.0 / count), ("gain", 0.0), ("spread", 0.0)):
            values = np.array(getattr(self, name), np.float32)
            if not values.size:
                values = np.full(count, standard, np.float32)
            if values.shape != (count,) or not np.isfinite(values).all() or (name != "gain" and values.min() < 0.0):
                raise InputError(f"The {name} of {count} atoms is as many finite numbers.")
            values.flags.writeable = False
            object.__setattr__(self, name, values)

    @property
    def groups(self) -> tuple[str, ...]:
        """Its labels, each once, in their order."""
        return tuple(dict.fromkeys(self.labels))

    def prices(self) -> np.ndarray:
        """What it costs (K,) to believe in each atom's label: RARE for each power of ten that it is rarer than the
        most usual one, by the labels' shares of energy.
        """
        share = {label: sum(e for e, own in zip(self.energy, self.labels, strict=True) if own == label)
                 for label in self.groups}  # fmt: skip
        most = max(share.values())
        each = [RARE * np.log10(most / max(share[label], 1e-6 * most, 1e-30)) for label in self.labels]
        return np.asarray(each, np.float32)

    def chosen(self, atoms: Sequence[int]) -> Dictionary:
        """These atoms only, in this order."""
        index = list(atoms)
        return replace(
            self, W=self.W[:, index], labels=tuple(self.labels[k] for k in index),
            pitches=tuple(self.pitches[k] for k in index), energy=self.energy[index], gain=self.gain[index],
            spread=self.spread[index],
        )  # fmt: skip


def concatenated(parts: Sequence[Dictionary]) -> Dictionary:
    """All atoms of dictionaries with one transform and divergence, one after the other; the first one's name.

    Each part counts the same: its energies are brought to the sum one. Raises ParameterError where they do not fit.
    """
    if not parts:
        raise ParameterError("There is no dictionary to put together: name at least one.")
    first = parts[0]
    for part in parts[1:]:
        if part.transform != first.transform:
            raise ParameterError("Dictionaries of different transforms are put together after resampling only.")
        if part.divergence != first.divergence:
            raise ParameterError(
                f"A dictionary learnt with {part.divergence} does not go together with one learnt with "
                f"{first.divergence}: train one of them again."
            )
    origin = Origin(
        first.origin.name, _joined([part.origin.licence for part in parts]),
        _joined([part.origin.provenance for part in parts]),
    )  # fmt: skip
    return Dictionary(
        np.concatenate([part.W for part in parts], axis=1),
        tuple(label for part in parts for label in part.labels),
        first.transform,
        tuple(pitch for part in parts for pitch in part.pitches),
        np.concatenate([part.energy / max(float(part.energy.sum()), 1e-30) for part in parts]),
        np.concatenate([part.gain for part in parts]),
        np.concatenate([part.spread for part in parts]),
        first.divergence,
        origin,
    )


def _joined(texts: Sequence[str]) -> str:
    """Each text once, in their order."""
    return "; ".join(dict.fromkeys(text for text in texts if text))


def without_duplicates(dictionary: Dictionary, threshold: float = DUPLICATE) -> Dictionary:
    """Atoms of one label and pitch whose cosine is above `threshold` become one, their energy-weighted mean.

    The strongest atoms come first: what is close to one of them joins it. Order is kept.
    """
    unit = dictionary.W / np.linalg.norm(dictionary.W, axis=0)
    likeness = unit.T @ unit
    homes: dict[int, list[int]] = {}
    for k in np.argsort(-dictionary.energy, kind="stable"):
        near = [
            home for home in homes
            if likeness[home, k] > threshold and dictionary.labels[home] == dictionary.labels[k]
            and dictionary.pitches[home] == dictionary.pitches[k]
        ]  # fmt: skip
        homes.setdefault(max(near, key=lambda home: likeness[home, k]) if near else int(k), []).append(int(k))
    kept = sorted(homes, key=lambda home: min(homes[home]))
    result = dictionary.chosen(kept)
    W, values = result.W.copy(), np.stack([result.energy, result.gain, result.spread]).copy()
    for place, home in enumerate(kept):
        members = homes[home]
        weight = np.maximum(dictionary.energy[members], 1e-30)
        W[:, place] = dictionary.W[:, members] @ (weight / weight.sum())
        values[0, place] = dictionary.energy[members].sum()
        for row, each in ((1, dictionary.gain), (2, dictionary.spread)):
            values[row, place] = each[members] @ (weight / weight.sum())
    return replace(result, W=W, energy=values[0], gain=values[1], spread=values[2])


def pruned(dictionary: Dictionary, atoms: int) -> Dictionary:
    """At most `atoms` of them, the strongest of each label first, so that every label stays as long as there is room.

    Raises ParameterError if there is no room for one atom of each label.
    """
    if atoms < len(dictionary.groups):
        raise ParameterError(
            f"{len(dictionary.groups)} labels need at least as many atoms; {atoms} are too few."
        )
    strongest = [max((k for k, name in enumerate(dictionary.labels) if name == label),
                     key=lambda k: dictionary.energy[k]) for label in dictionary.groups]  # fmt: skip
    others = [int(k) for k in np.argsort(-dictionary.energy, kind="stable") if k not in strongest]
    return dictionary.chosen(sorted((strongest + others)[:atoms]))
