"""The transform against torch's own, its inverse against the sound, the streamed form against the whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from separation.spectral.stft import Patch, frame_count, istft, overlap_add, patches, stft

SIZES = [(4096, 1024), (2048, 512), (1024, 512), (1000, 300)]


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))


def cut(x: torch.Tensor, sizes: list[int]) -> Iterator[np.ndarray]:
    start = k = 0
    while start < x.shape[-1]:
        yield x[..., start : start + sizes[k % len(sizes)]].numpy()
        start += sizes[k % len(sizes)]
        k += 1


def test_agrees_with_torch() -> None:
    x = noise(2, 20000)
    reference = torch.stft(
        x, 4096, 1024, window=torch.hann_window(4096), center=True, pad_mode="constant", return_complex=True
    )
    ours = stft(x)
    assert ours.shape == reference.shape
    assert (ours - reference).abs().max() < 1e-5 * reference.abs().max()


@pytest.mark.parametrize(("n_fft", "hop"), SIZES)
@pytest.mark.parametrize("length", [1, 2, 511, 1024, 1025, 5000, 44100])
def test_inverse_is_exact_to_the_last_sample(n_fft: int, hop: int, length: int) -> None:
    x = noise(2, length).clamp(-1, 1)
    back = istft(stft(x, n_fft, hop), length, hop)
    assert back.shape == x.shape
    assert (back - x).abs().max() < 1e-6


def test_spectra_lie_frame_by_frame() -> None:
    assert stft(noise(2, 9000)).mT.is_contiguous()


def test_linear() -> None:
    x, y = noise(1, 9000), noise(1, 9000, seed=1)
    assert torch.allclose(stft(2 * x + y), 2 * stft(x) + stft(y), atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(
    length=st.integers(1, 12000),
    sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=4),
    frames=st.integers(1, 20),
    context=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    size=st.sampled_from([(512, 128), (512, 256), (300, 90)]),
)
def test_streamed_equals_whole(
    length: int, sizes: list[int], frames: int, context: tuple[int, int], size: tuple[int, int]
) -> None:
    x = noise(2, length).clamp(-1, 1)
    whole = stft(x, *size)
    out: list[Patch] = []
    for patch in patches(cut(x, sizes), frames, *size, context=context):
        begin = patch.start - patch.before
        expected = whole[..., begin : begin + patch.spectrum.shape[-1]]
        assert (patch.spectrum - expected).abs().max() < 1e-4
        own = patch.spectrum[..., patch.own].shape[-1]
        assert patch.before == min(context[0], patch.start)
        assert patch.after == min(context[1], whole.shape[-1] - patch.start - own)
        out.append(patch.replace(patch.spectrum))
    assert sum(p.spectrum.shape[-1] for p in out) == whole.shape[-1] == frame_count(length, *size)
    blocks = list(overlap_add(out, size[1]))
    assert [b.shape[-1] for b in blocks] == [p.samples for p in out]
    back = torch.cat(blocks, dim=-1)
    assert back.shape == x.shape
    assert (back - x).abs().max() < 1e-6


def test_leading_axes_are_free() -> None:
    x = noise(2, 30000)
    gains = torch.tensor([0.25, 0.75]).reshape(2, 1, 1, 1)
    stems = torch.cat(
        list(overlap_add(p.replace(gains * p.spectrum) for p in patches(cut(x, [7000]), frames=9))), dim=-1
    )
    assert stems.shape == (2, 2, 30000)
    assert (stems.sum(0) - x).abs().max() < 1e-5
    assert (stems[1] - 3 * stems[0]).abs().max() < 1e-5


def test_reads_no_further_than_it_must() -> None:
    read = []

    def blocks() -> Iterator[np.ndarray]:
        for k in range(100):
            read.append(k)
            yield np.zeros((1, 1024), np.float32)

    next(iter(patches(blocks(), frames=8)))
    assert len(read) <= 8 + 3


def test_a_patch_takes_only_its_own_size() -> None:
    with pytest.raises(ValueError, match="frames"):
        Patch(torch.zeros(1, 5, 7, dtype=torch.complex64)).replace(torch.zeros(1, 5, 3))


def test_nothing_in_nothing_out() -> None:
    assert list(patches(iter(()), frames=4)) == []
