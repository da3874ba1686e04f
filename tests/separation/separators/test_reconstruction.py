"""Every method that cuts by masks can make its stems consistent, and they still add up."""

from __future__ import annotations

import numpy as np
import pytest

from separation import catalogue, separate
from separation.parameters import describe
from tests.songs import compose

MASKING = [i for i in catalogue.ids() if "reconstruction" in (d.name for d in describe(catalogue.find(i).parameters))]
FAST = {"iterations": 12, "rank": 6}


@pytest.mark.parametrize("id", [i for i in MASKING if i != "nmf-score"])  # which needs a score
def test_consistent_stems_of_every_method_add_up(id: str) -> None:
    x = compose(1.5, 22050).mixture
    kind = catalogue.find(id).parameters
    names = {d.name for d in describe(kind)}
    quick = {name: value for name, value in FAST.items() if name in names}
    masked, stems = (separate(x, id, device="cpu", reconstruction=r, **quick) for r in ("mask", "consistent"))
    assert list(stems) == list(masked)
    np.testing.assert_allclose(stems.sum(), x.samples, atol=2e-6)
    changed = [np.abs(stems[name].samples - masked[name].samples).max() for name in stems]
    assert max(changed) > 1e-4


def test_there_are_such_methods() -> None:
    assert {"nmf", "ntf", "nmf-score"} <= set(MASKING)
