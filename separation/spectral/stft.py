"""Short-time Fourier transform with an exact inverse, of whole sounds and of sounds that flow past in blocks.

Periodic Hann window, frames centred on multiples of `hop` (zeros outside the sound), no scaling; the inverse is
weighted overlap-add divided by the sum of squared windows (Griffin & Lim 1984, eq. 6), which inverts the transform
exactly and projects any other spectrogram onto the nearest consistent one.

    spectrum = stft(samples)                                  # (…, T) -> (…, F, N)
    samples = istft(spectrum, length=T)

    def masked() -> Iterator[Patch]:                          # the same, with bounded memory
        for patch in patches(stream.blocks, frames=512):
            yield patch.replace(mask * patch.spectrum)        # (C, F, N), or (J, C, F, N): leading axes are free
    for block in overlap_add(masked()): ...                   # (…, n); the lengths add up to the sound's

Spectra are views whose memory runs frame by frame: `spectrum.mT`, (…, N, F), is contiguous.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

N_FFT, HOP = 4096, 1024


def frame_count(length: int, n_fft: int = N_FFT, hop: int = HOP) -> int:
    """How many frames a sound of `length` samples has.

    1 + length // hop, as everywhere; one more where the last sample would lie in the outer quarter of the last
    window (hop > n_fft / 4), from which it could not be recovered.
    """
    return 1 + max(length // hop, math.ceil((length - 1 - n_fft // 4) / hop))


def stft(x: torch.Tensor, n_fft: int = N_FFT, hop: int = HOP) -> torch.Tensor:
    """Spectrum (…, F, N) complex, F = n_fft // 2 + 1, of real samples (…, T), T >= 0."""
    length = x.shape[-1]
    count = frame_count(length, n_fft, hop)
    right = (count - 1) * hop + n_fft - n_fft // 2 - length
    return _transform(torch.nn.functional.pad(x, (n_fft // 2, right)), count, n_fft, hop)


def istft(spectrum: torch.Tensor, length: int, hop: int = HOP) -> torch.Tensor:
    """Samples (…, length) of a spectrum (…, F, N): the inverse of `stft`."""
    whole = Patch(spectrum, samples=length)
    return torch.cat(list(overlap_add([whole], hop)), dim=-1)


@dataclass(frozen=True, eq=False)
class Patch:
    """Some consecutive frames of a sound's spectrum.

    spectrum: complex (…, F, before + N + after): N frames of its own, and of its neighbours, for methods that look
        around themselves. At the ends of the sound there are fewer.
    samples: how many samples of the sound become complete with this patch; over all patches, its length.
    start: number of the first own frame.
    """

    spectrum: torch.Tensor
    before: int = 0
    after: int = 0
    samples: int = 0
    start: int = 0

    @property
    def own(self) -> slice:
        """The frames of its own, as a slice of the last axis."""
        return slice(self.before, self.spectrum.shape[-1] - self.after)

    def replace(self, spectrum: torch.Tensor) -> Patch:
        """This patch with another spectrum: of its own frames, or of all frames (the neighbours' are cut off)."""
        count = self.spectrum.shape[-1]
        if spectrum.shape[-1] == count:
            spectrum = spectrum[..., self.own]
        elif spectrum.shape[-1] != count - self.before - self.after:
            raise ValueError(f"a patch of {count} frames cannot take {spectrum.shape[-1]}")
        return replace(self, spectrum=spectrum, before=0, after=0)

    def parts(self, frames: int, hop: int = HOP) -> Iterator[tuple[slice, Patch]]:
        """Its own frames as smaller patches of at most `frames`, each with where it lies among them.

        Inverting many stems part by part needs a fraction of the memory; the sound is the same.
        """
        own = self.spectrum[..., self.own]
        count, half = own.shape[-1], self.spectrum.shape[-2] - 1
        done = first = max(self.start * hop - half, 0)  # samples that are complete before this part, and this patch
        for begin in range(0, count, frames):
            end = min(begin + frames, count)
            complete = first + self.samples if end == count else max((self.start + end) * hop - half, 0)
            yield (
                slice(begin, end),
                Patch(own[..., begin:end], samples=complete - done, start=self.start + begin),
            )
            done = complete


def patches(
    blocks: Iterable[np.ndarray | torch.Tensor],
    frames: int,
    n_fft: int = N_FFT,
    hop: int = HOP,
    context: tuple[int, int] = (0, 0),
    device: str = "cpu",
) -> Iterator[Patch]:
    """The spectrum of a sound that comes in blocks (…, n), `frames` frames at a time, on `device`.

    The frames are those of `stft` of the whole sound; the last patch may be shorter. A patch also holds up to
    context[0] frames before and context[1] after its own. An empty sound gives one patch with its one frame.
    """
    left, right = context
    source = iter(blocks)
    first = next(source, None)
    if first is None:
        return
    held = torch.nn.functional.pad(_tensor(first, device), (n_fft // 2, 0))
    origin = 0  # frame number whose window begins at held[0]
    length = first.shape[-1]
    total: int | None = None  # frames of the sound, once its end is known
    start, emitted = 0, 0
    while True:
        wanted = start + frames + right  # one past the last frame needed
        parts, have = [held], held.shape[-1]
        while total is None and have < (wanted - 1 - origin) * hop + n_fft:
            block = next(source, None)
            if block is None:
                total = frame_count(length, n_fft, hop)
                parts.append(held.new_zeros((*held.shape[:-1], max((total - 1 - origin) * hop + n_fft - have, 0))))
                break
            length += block.shape[-1]
            have += block.shape[-1]
            parts.append(_tensor(block, device))
        held = torch.cat(parts, dim=-1) if len(parts) > 1 else held
        if total is not None and start >= total:
            return
        stop = start + frames if total is None else min(start + frames, total)
        upto = wanted if total is None else min(wanted, total)
        begin = max(start - left, 0)
        spectrum = _transform(held[..., (begin - origin) * hop :], upto - begin, n_fft, hop)
        # the samples before the first one that a later frame touches are complete; after the last frame, all are
        last = total is not None and stop == total
        complete = length if last else max(stop * hop - n_fft // 2, 0)
        yield Patch(spectrum, start - begin, upto - stop, complete - emitted, start)
        del spectrum  # else it would live on while the next one is made: here and below, a third of the memory
        if last:
            return
        emitted, start = complete, stop
        keep = max(start - left, 0)
        held, origin = held[..., (keep - origin) * hop :], keep


def overlap_add(spectra: Iterable[Patch], hop: int = HOP) -> Iterator[torch.Tensor]:
    """Samples (…, n) of consecutive patches without context; block k has `samples` of patch k samples."""
    tail = weight = None
    frames = emitted = 0
    for patch in spectra:
        spectrum = patch.spectrum
        n_fft, count = 2 * (spectrum.shape[-2] - 1), spectrum.shape[-1]
        window = _window(n_fft, spectrum.device)
        pieces = torch.fft.irfft(spectrum.mT, n=n_fft).mul_(window)
        if tail is None or weight is None:
            tail, weight = pieces.new_zeros((*pieces.shape[:-2], 0)), window.new_zeros(0)
        signal = _add(pieces, tail, hop)
        envelope = _add(window.square().expand(count, n_fft), weight, hop)
        skip = emitted - (frames * hop - n_fft // 2)  # the first window begins half a window before the sound
        cut = skip + patch.samples
        block = signal[..., skip:cut] / envelope[skip:cut]
        frames, emitted = frames + count, emitted + patch.samples
        tail, weight = signal[..., count * hop :].clone(), envelope[count * hop :].clone()
        del patch, spectrum, pieces, signal
        yield block
        del block


def _add(pieces: torch.Tensor, tail: torch.Tensor, hop: int) -> torch.Tensor:
    """Frames (…, N, n_fft) laid `hop` apart and added, on top of what earlier frames left over."""
    *lead, count, n_fft = pieces.shape
    rows = -(-n_fft // hop)
    if n_fft % hop:
        pieces = torch.nn.functional.pad(pieces, (0, rows * hop - n_fft))
    parts = pieces.reshape(*lead, count, rows, hop)
    result = pieces.new_zeros((*lead, count + rows - 1, hop))
    for r in range(rows):
        result[..., r : r + count, :] += parts[..., r, :]
    result = result.flatten(-2)
    result[..., : tail.shape[-1]] += tail
    return result


def _transform(padded: torch.Tensor, count: int, n_fft: int, hop: int) -> torch.Tensor:
    pieces = padded.unfold(-1, n_fft, hop)[..., :count, :]
    return torch.fft.rfft(pieces * _window(n_fft, padded.device).to(padded.dtype)).mT


def _window(n_fft: int, device: torch.device) -> torch.Tensor:
    return torch.hann_window(n_fft, periodic=True, dtype=torch.float32, device=device)


def _tensor(block: np.ndarray | torch.Tensor, device: str) -> torch.Tensor:
    if isinstance(block, np.ndarray):
        block = torch.from_numpy(block if block.flags.writeable else block.copy())
    return block.to(device)
