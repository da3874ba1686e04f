"""Masks sum to one, whatever the magnitudes; one magnitude stands for all channels."""

from __future__ import annotations

import pytest
import torch

from separation.spectral.masks import floored, magnitude, ratio, smoothed


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_they_sum_to_one_at_any_level(exponent: float, scale: float) -> None:
    models = scale * torch.rand(3, 40, 30, generator=torch.Generator().manual_seed(0)) ** 8
    copy = models.clone()
    masks = ratio(models, exponent)
    torch.testing.assert_close(masks.sum(0), torch.ones(40, 30), rtol=0, atol=1e-6)
    assert masks.min() >= 0.0 and torch.equal(models, copy)


def test_two_is_the_wiener_filter() -> None:
    masks = ratio(torch.tensor([[3.0], [4.0]]), 2.0)
    torch.testing.assert_close(masks, torch.tensor([[9 / 25], [16 / 25]]))


def test_where_nobody_sounds_all_share() -> None:
    assert torch.equal(ratio(torch.zeros(4, 2, 2), 2.0), torch.full((4, 2, 2), 0.25))


def test_magnitude_is_the_root_of_the_mean_power() -> None:
    spectrum = torch.tensor([[[3 + 4j]], [[0 + 0j]]])
    assert float(magnitude(spectrum)) == pytest.approx((25 / 2) ** 0.5)
    assert float(magnitude(spectrum[:1])) == pytest.approx(5.0)


@pytest.mark.parametrize("floor", [0.0, 1e-3, 0.03, 0.9])
def test_a_floor_is_kept_and_the_sum_too(floor: float) -> None:
    masks = ratio(torch.rand(3, 9, 9, generator=torch.Generator().manual_seed(0)) ** 8, 4.0)
    raised = floored(masks, floor)
    torch.testing.assert_close(raised.sum(0), torch.ones(9, 9))
    assert float(raised.min()) >= min(floor, 1 / 3) - 1e-7
    assert floor or torch.equal(raised, masks)


def test_smoothing_is_that_of_logarithms_and_mends_rough_masks() -> None:
    generator = torch.Generator().manual_seed(1)
    true = torch.stack((torch.linspace(0.05, 0.95, 40)[:, None].expand(40, 30), torch.zeros(40, 30)))
    true[1] = 1.0 - true[0]
    rough = ratio(true * torch.exp(torch.randn(true.shape, generator=generator)))
    smooth = smoothed(rough)
    torch.testing.assert_close(smooth.sum(0), torch.ones(40, 30))
    assert float((smooth - true).square().mean()) < 0.5 * float((rough - true).square().mean())
    around = rough[:, 10:13, 4:7].log().mean((1, 2)).exp()
    torch.testing.assert_close(smooth[:, 11, 5], around / around.sum())
    corner = rough[:, :2, :2].log().mean((1, 2)).exp()
    torch.testing.assert_close(smooth[:, 0, 0], corner / corner.sum())
    assert torch.isfinite(smoothed(torch.tensor([[[1.0]], [[0.0]]]))).all()
