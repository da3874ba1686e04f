"""The fast form against the layers as published, with random weights of the true shapes; and what masks must obey."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from separation import checkpoints
from separation.errors import Cancelled
from separation.networks.spleeter import BINS, EPSILON, Nets, UNet, continued


def random_weights(seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, (_, shape) in checkpoints.find("spleeter-2stems-vocals").tensors.items():
        value = torch.randn(shape, generator=generator)
        if name.endswith("running_var"):
            value = value.abs() + 0.1
        elif "conv.weight" in name:
            value = value / (shape[1] * 10) ** 0.5
        weights[name] = value
    return weights


def published(w: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """The network layer by layer, as in the paper's own code; batch normalisation with scales of both signs."""

    def norm(y: torch.Tensor, name: str) -> torch.Tensor:
        mean, variance = w[f"{name}.norm.running_mean"], w[f"{name}.norm.running_var"]
        return F.batch_norm(y, mean, variance, w[f"{name}.norm.weight"], w[f"{name}.norm.bias"], eps=EPSILON)

    skips: list[torch.Tensor] = []
    y = x
    for i in range(6):
        name = f"down.{i}"
        y = F.conv2d(F.pad(y, (1, 2, 1, 2)), w[f"{name}.conv.weight"], w[f"{name}.conv.bias"], stride=2)
        skips.append(y)
        if i < 5:
            y = F.leaky_relu(norm(y, name), 0.2)
    y = skips.pop()
    for i in range(6):
        name = f"up.{i}"
        y = F.conv_transpose2d(y, w[f"{name}.conv.weight"], w[f"{name}.conv.bias"], stride=2)[:, :, 1:-2, 1:-2]
        y = norm(F.relu(y), name)
        if skips:
            y = torch.cat((skips.pop(), y), dim=1)
    return torch.sigmoid(F.conv2d(y, w["mask.weight"], w["mask.bias"], dilation=2, padding=3))


@pytest.fixture(scope="module")
def nets() -> Nets:
    return Nets(UNet(random_weights(1)), UNet(random_weights(2)))


def magnitudes(channels: int, bins: int, frames: int) -> torch.Tensor:
    return torch.rand(channels, bins, frames, generator=torch.Generator().manual_seed(3)) ** 4 * 20


@pytest.mark.parametrize(("frames", "bins"), [(64, 128), (128, 64)])
def test_same_numbers_as_the_published_layers(frames: int, bins: int) -> None:
    weights = random_weights(0)
    x = magnitudes(2, frames, bins)
    with torch.inference_mode():
        expected = published(weights, x[None])[0]
        got = UNet(weights)(x)
    assert expected.std() > 0.05
    assert (got - expected).abs().max() < 1e-3 * expected.std()


def test_masks_are_shares(nets: Nets) -> None:
    x = magnitudes(2, 2049, 40)
    masks = nets.masks(x)
    assert masks.shape == x.shape
    assert masks.min() >= 0 and masks.max() <= 1
    swapped = Nets(UNet(random_weights(2)), UNet(random_weights(1))).masks(x)
    assert torch.allclose(masks[:, :BINS] + swapped[:, :BINS], torch.ones(()), atol=1e-5)


def test_silence_is_shared_evenly(nets: Nets) -> None:
    assert torch.allclose(nets.masks(torch.zeros(2, 2049, 5)), torch.tensor(0.5))


def test_one_channel_is_as_if_on_both_sides(nets: Nets) -> None:
    x = magnitudes(1, BINS, 30)
    both = nets.masks(x.expand(2, -1, -1))
    assert torch.allclose(nets.masks(x), both.mean(0, keepdim=True), atol=1e-6)


def test_more_channels_go_by_pairs(nets: Nets) -> None:
    x = magnitudes(3, BINS, 20)
    masks = nets.masks(x)
    assert torch.allclose(masks[:2], nets.masks(x[:2]), atol=1e-6)
    assert torch.allclose(masks[2:], nets.masks(x[2:]), atol=1e-6)


def test_the_argument_is_left_alone(nets: Nets) -> None:
    x = magnitudes(2, 1100, 10)
    copy = x.clone()
    nets.masks(x)
    assert torch.equal(x, copy)


def test_the_continuation_lies_between_the_masks_it_continues() -> None:
    share, energy = torch.rand(2, 512, 7), torch.rand(2, 512, 7) + 0.1
    above = continued(share, energy)
    assert above.shape == (2, 1, 7)
    assert (above >= share[:, -256:].amin(1, keepdim=True)).all()
    assert (above <= share[:, -256:].amax(1, keepdim=True)).all()
    assert torch.allclose(continued(torch.full_like(share, 0.3), energy), torch.tensor(0.3))


def test_a_stop_is_heard_between_the_layers(nets: Nets) -> None:
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        nets.masks(magnitudes(2, BINS, 8), check)
    assert calls == 3
