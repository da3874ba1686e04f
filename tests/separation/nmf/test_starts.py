"""Starts are what they promise, and a suggested rank follows the true one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest
import torch

from separation.audio.signal import Audio
from separation.errors import ParameterError
from separation.nmf import Factors, iterate
from separation.nmf.starts.atoms import from_atoms
from separation.nmf.starts.boxes import Box, from_boxes
from separation.nmf.starts.combs import combs, tuning_of
from separation.nmf.starts.drums import NAMES, onsets, refined, templates
from separation.nmf.starts.kmeans import kmeans
from separation.nmf.starts.nndsvd import nndsvd
from separation.spectral.masks import magnitude
from separation.spectral.stft import stft
from tests.separation.nmf.test_factorisation import spectrogram
from tests.songs import Song


def test_singular_vectors_start_lower_than_chance() -> None:
    V = spectrogram(60, 90)
    first = nndsvd(V, 4)
    assert first.loss(V, 2.0) < 0.3 * next(iterate(V, 4)).loss(V, 2.0)
    assert (first.W > 0).all() and (first.H > 0).all() and not (nndsvd(V, 4, fill=False).W > 0).all()
    U, s, Z = np.linalg.svd(V.numpy())
    bare = nndsvd(V, 4, fill=False)
    np.testing.assert_allclose(torch.outer(bare.W[:, 0], bare.H[0]), s[0] * np.outer(U[:, 0], Z[0]).clip(0), rtol=1e-6)


def test_boxes_become_atoms_of_their_rows() -> None:
    V = spectrogram()
    first = from_boxes(V, [Box(5, 20, 3, 9), Box(0, 60, 10, 50)])
    inside = V[5:20, 3:9].mean(1)
    torch.testing.assert_close(first.W[5:20, 0] / first.W[5, 0], inside / inside[0])
    assert (first.W[:4, 0] == 0).all() and (first.W[21:, 0] == 0).all()
    last = list(islice(iterate(V, 2, start=first), 20))[-1]
    assert (last.W[21:, 0] == 0).all() and last.loss(V) < first.loss(V)
    for box in (Box(5, 5, 0, 9), Box(0, 61, 0, 9), Box(0, 9, -1, 9)):
        with pytest.raises(ParameterError, match="draw it again"):
            from_boxes(V, [box])
    with pytest.raises(ParameterError, match="no sound"):
        from_boxes(torch.zeros(9, 9), [Box(0, 9, 0, 9)])


@pytest.mark.parametrize("tuning", [-0.3, 0.0, 0.2])
def test_combs_name_the_note_that_sounds_and_tuning_is_found(tuning: float) -> None:
    rate, time = 44100, torch.arange(44100) / 44100
    notes, V = (57, 64, 69), []
    for note in notes:
        f0 = 440.0 * 2.0 ** ((note - 69 + tuning) / 12)
        tone = sum(torch.sin(2 * torch.pi * h * f0 * time) / h for h in range(1, 9))
        V.append(stft(tone).abs())
    V = torch.cat(V, 1)
    assert tuning_of(V, rate) == pytest.approx(tuning, abs=0.05)
    W = combs(2049, rate, lowest=48, highest=84, tuning=tuning)
    H = torch.full((37, V.shape[1]), float(V.mean()) * 2049 / 37)
    fit = list(islice(iterate(V, 37, start=Factors(W, H)), 40))[-1]
    assert ((W == 0) == (fit.W == 0)).all()
    for index, note in enumerate(notes):
        frame = int(V.shape[1] * (index + 0.5) / 3)
        assert int((fit.W.sum(0) * fit.H[:, frame]).argmax()) == note - 48


def alike(a: torch.Tensor, b: torch.Tensor) -> float:
    """The cosine of the square roots of two spectra."""
    a, b = a.sqrt(), b.sqrt()
    return float(a @ b / (a.norm() * b.norm()))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_clusters_are_the_sounds_that_come_back(dtype: torch.dtype) -> None:
    random = np.random.default_rng(0)
    sounds = random.gamma(0.5, 1.0, (80, 6))
    which = random.integers(0, 6, 300)
    V = torch.from_numpy(sounds[:, which] * (1.0 + random.random((1, 300))) + 1e-3 * random.random((80, 300))).to(dtype)
    V[:, 100:110] = 0.0
    first = kmeans(V, 6, seed=2)
    best = [max(alike(first.W[:, k], torch.from_numpy(true).to(dtype)) for k in range(6)) for true in sounds.T]
    assert min(best) > 0.995, best
    assert first.loss(V) < 0.05 * next(iterate(V, 6)).loss(V)
    assert (first.W > 0).all() and (first.H > 0).all()
    torch.testing.assert_close(first.W.sum(0), torch.ones(6, dtype=dtype))
    assert torch.equal(first.W, kmeans(V, 6, seed=2).W)
    torch.testing.assert_close(kmeans(100.0 * V, 6, seed=2).W, first.W, rtol=1e-4, atol=1e-6)
    permuted = kmeans(V.flip(0), 6, seed=2).W.flip(0)  # the order of the bins does not matter
    torch.testing.assert_close(permuted, first.W, rtol=1e-4, atol=1e-6)


def test_clusters_of_few_loud_frames_are_filled_up() -> None:
    V = torch.full((40, 30), 1e-6)
    V[:, 3:5] = spectrogram(40, 2, 2).float()
    first = kmeans(V, 5)
    assert first.W.shape == (40, 5) and torch.isfinite(first.W).all() and torch.isfinite(first.H).all()
    same = kmeans(torch.ones(20, 30), 4)  # every frame alike
    assert torch.isfinite(same.W).all() and torch.isfinite(same.H).all()


def test_a_dictionary_starts_where_its_atoms_sound() -> None:
    V = spectrogram()
    W = list(islice(iterate(V, 4), 60))[-1].W
    first = from_atoms(V, 7.0 * W, steps=30)
    torch.testing.assert_close(first.W, W / W.sum(0))
    assert first.loss(V) < 0.1 * next(iterate(V, 4)).loss(V) and (first.H > 0).all()
    W[3, 2] = 0.0
    last = list(islice(iterate(V, 4, start=from_atoms(V, W)), 5))[-1]
    assert float(last.W[3, 2]) == 0.0
    with pytest.raises(ParameterError, match="another transform"):
        from_atoms(V, W[1:])
    with pytest.raises(ParameterError, match="finite and not negative"):
        from_atoms(V, -W)
    with pytest.raises(ParameterError, match="all zeros"):
        from_atoms(V, torch.zeros_like(W))


@pytest.mark.parametrize("bins,rate", [(2049, 44100), (1025, 48000), (257, 8000), (16, 8000)])
def test_drum_templates_fit_any_transform(bins: int, rate: int) -> None:
    W = templates(bins, rate)
    torch.testing.assert_close(W.sum(0), torch.ones(3))
    assert (W > 0).all() and torch.isfinite(W).all()
    frequency = torch.linspace(0, rate / 2, bins)
    if bins > 16:
        assert 30 < float(frequency[W[:, 0].argmax()]) < 120 and 150 < float(frequency[W[:, 1].argmax()]) < 260
        assert float(W[frequency > 0.6 * min(6000, rate / 2), 2].sum()) > 0.7
    middle = frequency @ W
    assert middle[0] < middle[1] < middle[2]


def test_drum_templates_need_bins() -> None:
    for bins, rate in ((15, 44100), (100, 0)):
        with pytest.raises(ParameterError, match="sixteen bins"):
            templates(bins, rate)


def test_refined_templates_are_the_drums_of_the_song(short_song: Song) -> None:
    song = magnitude(stft(torch.from_numpy(short_song.mixture.samples.copy()), 2048, 512))
    drums = magnitude(stft(torch.from_numpy(short_song.stems["drums"].samples.copy()), 2048, 512))
    hits = onsets(song, 44100)
    assert 6 <= hits.shape[1] <= 14  # eight eighths, some with an echo of the window
    W, before = refined(song, 44100), templates(1025, 44100)
    torch.testing.assert_close(W.sum(0), torch.ones(3))
    kick = drums[:, :5].mean(1)
    assert alike(W[:, 0], kick) > alike(before[:, 0], kick) + 0.03
    silent = torch.full((1025, 40), 1e-9)
    assert torch.equal(refined(silent, 44100), before)


@pytest.mark.parametrize("name", ["drumloop_808", "drumloop_funky"])
def test_refined_templates_name_the_drums_of_real_loops(
    name: str, real_song: Callable[[str], dict[str, Audio]]
) -> None:
    seen = {
        part: magnitude(stft(torch.from_numpy(audio.samples.copy()), 2048, 512))
        for part, audio in real_song(f"teaching/{name}").items()
    }
    W = refined(seen["mixture"], 44100)
    for column, part in enumerate(("kick", "snare", "hihat")):
        nearness = [alike(W[:, k], seen[part].mean(1)) for k in range(3)]
        assert int(np.argmax(nearness)) == column, (NAMES[column], nearness)
