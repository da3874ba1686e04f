"""The two-stem network of Spleeter (Hennequin, Khlif, Voituret, Moussallam 2020): one U-Net per stem, in a fast form.

A U-Net (Jansson et al. 2017) looks at the magnitude spectrogram of a stereo patch, 512 frames of the 1024 lowest bins
of a 4096-point transform at 44.1 kHz, and gives a soft mask for its stem: six strided 5×5 convolutions down, six
transposed ones up with skips, a dilated convolution and a sigmoid. The stems' estimates are then compared by energy.

The same numbers come faster here than from the layers as published, because
- a transposed convolution of stride 2 is four small ordinary ones, one per phase of the output (Shi et al. 2016);
- ReLU followed by batch normalisation is one clamp, its scale and shift being part of the convolution before;
- skips are not concatenated: both halves are written where the next layer reads them;
- memory runs channels last, and one patch is worked on at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F

FRAMES, BINS = 512, 1024  # one patch
EPSILON = 1e-3  # of the batch normalisation
FLOOR = 1e-10  # of the sum of energies: silence is shared evenly

Weights = Mapping[str, torch.Tensor]
Check = Callable[[], object]


class UNet:
    """One stem's network. weights: as `checkpoints.load` names them. Not a torch module: it only ever runs forward."""

    def __init__(self, weights: Weights, device: str = "cpu") -> None:
        self.device = device
        w = {name: tensor.to(device, torch.float32) for name, tensor in weights.items()}
        self._down = [_Down(w, f"down.{i}", last=i == 5) for i in range(6)]
        self._up = [_Up(w, f"up.{i}") for i in range(6)]
        self._mask = (w["mask.weight"], w["mask.bias"])

    def __call__(self, magnitude: torch.Tensor, check: Check = lambda: None) -> torch.Tensor:
        """Mask in [0, 1] for a magnitude (2, N, F), N and F multiples of 64. `check` is called between the layers."""
        x = F.pad(magnitude[None], (1, 2, 1, 2)).contiguous(memory_format=torch.channels_last)
        joined: list[torch.Tensor] = []  # what each level of the way up reads: the skip, then room for what comes up
        for down in self._down:
            check()
            skip, x = down(x)
            joined.append(skip)
        y = joined.pop()
        for up in self._up:
            check()
            y = up(y, joined.pop() if joined else None)
        return torch.sigmoid_(F.conv2d(y, *self._mask, padding=3, dilation=2))[0]


class _Down:
    """Convolution 5×5 of stride 2, batch normalisation, LeakyReLU 0.2."""

    def __init__(self, w: Weights, name: str, last: bool) -> None:
        self._weight = w[f"{name}.conv.weight"].contiguous(memory_format=torch.channels_last)
        self._bias = w[f"{name}.conv.bias"]
        self._norm = None if last else tuple(v[:, None, None] for v in _affine(w, name))

    def __call__(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(1, C, H + 3, W + 3), already padded -> the skip, and the padded input of the next level.

        The skip fills the first half of an array (1, 2 C', H / 2, W / 2); the second half is for the way up.
        """
        y = F.conv2d(x, self._weight, self._bias, stride=2)
        if self._norm is None:
            return y, y
        channels, height, width = y.shape[1:]
        scale, shift = self._norm
        padded = _empty(y, channels, height + 3, width + 3)
        padded[:, :, :1] = 0
        padded[:, :, -2:] = 0
        padded[:, :, :, :1] = 0
        padded[:, :, :, -2:] = 0
        inner = padded[:, :, 1:-2, 1:-2]
        torch.addcmul(shift, y, scale, out=inner)
        F.leaky_relu_(inner, 0.2)
        joined = _empty(y, 2 * channels, height, width)
        joined[:, :channels] = y
        return joined, padded


class _Up:
    """Transposed convolution 5×5 of stride 2 cropped to twice the size, ReLU, batch normalisation.

    Row y of the output is made of rows (y + 1 − k) / 2 of the input for the k of that parity: even rows of taps 3, 1
    on the rows before and at y / 2, odd rows of taps 4, 2, 0 on the rows before, at and after. Columns alike.

    max(v, 0) · s + t is max(s v + t, t) where s ≥ 0, and min(s v + t, t) where s < 0: a clamp.
    """

    def __init__(self, w: Weights, name: str) -> None:
        scale, shift = _affine(w, name)
        weight = (w[f"{name}.conv.weight"] * scale[:, None, None]).transpose(0, 1)  # (out, in, 5, 5)
        self._bias = w[f"{name}.conv.bias"] * scale + shift
        infinite = torch.full_like(shift, torch.inf)
        self._low = torch.where(scale >= 0, shift, -infinite)[:, None, None]
        self._high = torch.where(scale >= 0, infinite, shift)[:, None, None]
        taps = ([3, 1], [4, 2, 0])
        self._phases = [
            (i, j, weight[:, :, taps[i]][:, :, :, taps[j]].contiguous(memory_format=torch.channels_last))
            for i in (0, 1)
            for j in (0, 1)
        ]
        if len(shift) == 1:  # a single output channel: one convolution with four is faster than four with one
            square = weight.new_zeros(4, weight.shape[1], 3, 3)
            for p, (i, j, phase) in enumerate(self._phases):
                square[p, :, : 2 + i, : 2 + j] = phase[0]
            self._square = square.contiguous(memory_format=torch.channels_last)

    def __call__(self, x: torch.Tensor, joined: torch.Tensor | None) -> torch.Tensor:
        """(1, C, H, W) -> `joined`, its second half filled; or, if that is None, the output (1, C', 2 H, 2 W)."""
        channels, (height, width) = len(self._bias), x.shape[2:]
        if joined is None:
            y = F.conv2d(x, self._square, self._bias.expand(4), padding=1)
            return F.pixel_shuffle(y.clamp_(self._low[0, 0, 0], self._high[0, 0, 0]), 2)
        target = joined[:, channels:]
        for i, j, weight in self._phases:
            # padded by one on every side; an even phase has one row (column) too many at the end
            y = F.conv2d(x, weight, self._bias, padding=1)[:, :, :height, :width]
            torch.clamp(y, self._low, self._high, out=target[:, :, i::2, j::2])
        return joined


class Nets:
    """Both networks, on one device, and the masks they give together."""

    def __init__(self, vocals: UNet, accompaniment: UNet) -> None:
        self.device = vocals.device
        self._nets = (vocals, accompaniment)

    @torch.inference_mode()
    def masks(self, magnitude: torch.Tensor, check: Check = lambda: None) -> torch.Tensor:
        """The voice's share of the energy, (C, F, N) in [0, 1], of magnitudes (C, F, N), N ≤ 512; 1 − it is the rest's.

        magnitude: |STFT 4096/1024| at 44.1 kHz, all 2049 bins or the lowest 1024 at least. Two channels are looked at
        together; a single one, or the last of an odd number, is looked at as both sides at once.
        Above bin 1024 (11 kHz), where the network is deaf, its opinion is carried on by `continued`.
        """
        channels, bins, count = magnitude.shape
        result = magnitude.new_empty(channels, count, bins).mT
        for start in range(0, channels, 2):
            side = magnitude[start : start + 2, :BINS]
            pair = side.expand(2, -1, -1) if side.shape[0] == 1 else side
            share = self._share(F.pad(pair.mT, (0, 0, 0, FRAMES - count)), check)[:, :count].mT
            if side.shape[0] == 1:
                share = share.mean(dim=0, keepdim=True)
            result[start : start + 2, :BINS] = share
        if bins > BINS:
            result[:, BINS:] = continued(result[:, :BINS], magnitude[:, :BINS])
        return result

    def _share(self, magnitude: torch.Tensor, check: Check) -> torch.Tensor:
        voice, rest = ((net(magnitude, check).mul_(magnitude)).square_() for net in self._nets)
        return (voice + FLOOR / 2).div_(rest.add_(voice).add_(FLOOR))


def continued(share: torch.Tensor, magnitude: torch.Tensor, bins: int = 256) -> torch.Tensor:
    """What the mask would be above the last bin, (C, 1, N): that of the energy in the top `bins`, frame by frame."""
    energy = magnitude[:, -bins:].square()
    return ((share[:, -bins:] * energy).sum(1, keepdim=True) + FLOOR / 2) / (energy.sum(1, keepdim=True) + FLOOR)


def _affine(w: Weights, name: str) -> Sequence[torch.Tensor]:
    """Batch normalisation with its statistics settled: a scale and a shift per channel."""
    scale = w[f"{name}.norm.weight"] / torch.sqrt(w[f"{name}.norm.running_var"] + EPSILON)
    return scale, w[f"{name}.norm.bias"] - w[f"{name}.norm.running_mean"] * scale


def _empty(like: torch.Tensor, channels: int, height: int, width: int) -> torch.Tensor:
    shape = (1, channels, height, width)
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)
