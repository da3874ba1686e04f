"""Dictionaries as files: safetensors, whose metadata say everything about the atoms. Nothing in them can run.

Tensors: W (F, K), either float16 of the square roots or float32 as it is; energy, gain, spread (K,) float32.
Metadata, all texts: format, version, name, sample_rate, n_fft, hop, window, divergence, domain ("sqrt" or "linear"),
labels and pitches (JSON lists, one entry per atom), licence, provenance, sha256 (of the bytes of W).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from separation.errors import InputError, OutputError, ParameterError
from separation.nmf.dictionaries.dictionary import Dictionary, Origin, Transform
from separation.unfinished import beside

ENDING = ".safetensors"
FORMAT, VERSION = "unbraid-dictionary", 1
LARGEST, MOST = 1 << 28, 1 << 14  # bytes of a file, atoms in it
KEYS = ("format", "version", "sample_rate", "n_fft", "hop", "window", "divergence", "domain", "labels", "pitches")


@dataclass(frozen=True)
class Header:
    """What a dictionary says about itself, without its atoms."""

    name: str
    labels: tuple[str, ...]
    pitches: tuple[int, ...]
    transform: Transform
    divergence: str
    domain: str
    origin: Origin
    sha256: str

    @property
    def groups(self) -> tuple[str, ...]:
        """Its labels, each once, in their order."""
        return tuple(dict.fromkeys(self.labels))


def save(path: str | os.PathLike[str], dictionary: Dictionary, *, half: bool = True) -> None:
    """Write a dictionary, whole or not at all. half: 16 bits per number (about 0.1 % error), else 32.

    Raises OutputError.
    """
    from safetensors.numpy import save as packed

    path = Path(path)
    W = np.sqrt(dictionary.W).astype(np.float16) if half else dictionary.W
    W = np.ascontiguousarray(W)
    words = {
        "format": FORMAT, "version": str(VERSION), "name": dictionary.origin.name or path.stem,
        "sample_rate": str(dictionary.transform.sample_rate), "n_fft": str(dictionary.transform.n_fft),
        "hop": str(dictionary.transform.hop), "window": "hann", "divergence": dictionary.divergence,
        "domain": "sqrt" if half else "linear", "labels": json.dumps(dictionary.labels, ensure_ascii=False),
        "pitches": json.dumps(dictionary.pitches), "licence": dictionary.origin.licence,
        "provenance": dictionary.origin.provenance, "sha256": hashlib.sha256(W.tobytes()).hexdigest(),
    }  # fmt: skip
    tensors = {"W": W, "energy": dictionary.energy, "gain": dictionary.gain, "spread": dictionary.spread}
    content = packed({name: np.ascontiguousarray(each) for name, each in tensors.items()}, metadata=words)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = beside(path.parent, ENDING)
        try:
            with new.open("xb") as file:
                file.write(content)
            os.replace(new, path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(
            f"The dictionary “{path}” cannot be written ({error.strerror}): choose another place for it."
        ) from error


def header(path: str | os.PathLike[str]) -> Header:
    """What a file says about itself; reads its first bytes only. Raises InputError for what is no dictionary."""
    path = _present(path)
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            words = file.metadata()
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"“{path.name}” is not a dictionary, or is damaged: train or copy it again.") from error
    return _header(path, words or {})


def load(path: str | os.PathLike[str]) -> Dictionary:
    """The dictionary in a file. Raises InputError, in a sentence, for a file that is damaged or says what is not so."""
    found = header(path)
    path = Path(path)
    from safetensors import SafetensorError
    from safetensors.numpy import load as parsed

    try:
        tensors: dict[str, Any] = parsed(path.read_bytes())
    except (SafetensorError, OSError, ValueError, KeyError, AttributeError) as error:  # also dtypes unknown to NumPy
        raise InputError(f"“{path.name}” is not a dictionary, or is damaged: train or copy it again.") from error
    expected = np.dtype(np.float16 if found.domain == "sqrt" else np.float32)
    shape = (found.transform.bins, len(found.labels))
    for name in ("W", "energy", "gain", "spread"):
        if name not in tensors:
            raise InputError(f"“{path.name}” is no dictionary: it has no “{name}”.")
        want = shape if name == "W" else shape[1:]
        if tensors[name].shape != want or tensors[name].dtype != (expected if name == "W" else np.float32):
            raise InputError(
                f"“{path.name}” does not hold what it says: “{name}” should be {' × '.join(map(str, want))} "
                "numbers. Train or copy it again."
            )
    W = np.ascontiguousarray(tensors["W"])
    if hashlib.sha256(W.tobytes()).hexdigest() != found.sha256:
        raise InputError(f"The atoms in “{path.name}” were altered since they were written: train or copy it again.")
    W = W.astype(np.float32)
    try:
        return Dictionary(
            np.square(W) if found.domain == "sqrt" else W, found.labels, found.transform, found.pitches,
            tensors["energy"], tensors["gain"], tensors["spread"], found.divergence, found.origin,
        )  # fmt: skip
    except (InputError, ParameterError) as error:
        raise InputError(f"“{path.name}” cannot be used: {str(error)[0].lower()}{str(error)[1:]}") from error


def _present(path: str | os.PathLike[str]) -> Path:
    path = Path(path)
    try:
        if not path.exists():
            raise InputError(f"There is no dictionary “{path}”: check the name, or train one.")
        if not path.is_file():
            raise InputError(f"“{path}” is not a file: name one dictionary.")
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise InputError(f"“{path}” cannot be read ({getattr(error, 'strerror', error)}).") from error
    if size > LARGEST:
        raise InputError(f"“{path.name}” has {size / 1e6:.0f} MB; dictionaries have at most {LARGEST / 1e6:.0f} MB.")
    return path


def _header(path: Path, words: Mapping[str, str]) -> Header:
    if words.get("format") != FORMAT:
        raise InputError(f"“{path.name}” is not a dictionary: it does not say “{FORMAT}”.")
    if words.get("version") != str(VERSION):
        raise InputError(
            f"“{path.name}” has version {words.get('version', '?')[:12]}, this program reads version {VERSION}: update "
            "it, or train the dictionary again."
        )
    missing = [key for key in KEYS if key not in words]
    if missing:
        raise InputError(f"“{path.name}” is no whole dictionary: it does not say {', '.join(missing)}.")
    try:
        rate, n_fft, hop = (int(words[key]) for key in ("sample_rate", "n_fft", "hop"))
        labels, pitches = json.loads(words["labels"]), json.loads(words["pitches"])
        transform = Transform(rate, n_fft, hop)
    except (ValueError, RecursionError) as error:
        raise InputError(f"What “{path.name}” says about its atoms cannot be understood: train it again.") from error
    except ParameterError as error:
        raise InputError(f"“{path.name}” cannot be used: {str(error)[0].lower()}{str(error)[1:]}") from error
    if not (_all(labels, str) and _all(pitches, int) and len(labels) == len(pitches) and 0 < len(labels) <= MOST):
        raise InputError(f"What “{path.name}” says about its atoms cannot be understood: train it again.")
    if words["window"] != "hann" or words["domain"] not in ("sqrt", "linear"):
        raise InputError(f"“{path.name}” was made with a window or in a form that is unknown here: train it again.")
    name = words.get("name", "") or path.stem
    origin = Origin(name, words.get("licence", "not stated"), words.get("provenance", ""))
    return Header(
        name, tuple(labels), tuple(pitches), transform, words["divergence"], words["domain"], origin,
        words.get("sha256", ""),
    )  # fmt: skip


def _all(values: object, kind: type) -> bool:
    return isinstance(values, list) and all(type(value) is kind for value in values)
