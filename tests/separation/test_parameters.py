from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass

import pytest

from separation import catalogue
from separation.errors import ParameterError
from separation.parameters import Parameters, build, describe, parameter


@dataclass(frozen=True)
class Example(Parameters):
    rank: int = parameter(24, minimum=1, maximum=512, help="Atoms.")
    strength: float = parameter(0.5, minimum=0.0, maximum=1.0, unit="dB", help="Strength.")
    smooth: bool = parameter(False, help="Smooth.")
    start: str = parameter("random", choices=("random", "svd"), help="Start.")


def test_texts_become_values() -> None:
    built = build(
        Example, {"rank": "32", "strength": "0.25", "smooth": "yes", "start": "svd", "device": "cpu", "seed": "3"}
    )
    assert built == Example(rank=32, strength=0.25, smooth=True, start="svd", device="cpu", seed=3)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rnak": 1}, "rank, strength, smooth, start"),
        ({"rank": "many"}, "is a number"),
        ({"rank": 1.5}, "whole number"),
        ({"rank": 0}, "between 1 and 512"),
        ({"strength": "nan"}, "finite"),
        ({"smooth": "perhaps"}, "true or false"),
        ({"start": "zeros"}, "random, svd"),
        ({"seed": -1}, "between"),
    ],
)
def test_wrong_values_get_a_sentence(values: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        build(Example, values)


def test_the_hidden_ones_have_options_of_their_own() -> None:
    assert [d.name for d in describe(Example)] == ["rank", "strength", "smooth", "start"]
    assert describe(Parameters) == ()


def test_parameters_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Example().rank = 2  # type: ignore[misc]


@pytest.mark.parametrize("method", catalogue.ids())
def test_every_method_declares_its_parameters_whole(method: str) -> None:
    kind = catalogue.find(method).parameters
    for d in describe(kind):
        assert d.help.endswith("."), f"{method}.{d.name} has no help sentence"
        if d.kind in (int, float):
            assert d.minimum is not None and d.maximum is not None, f"{method}.{d.name} has no bounds"
            assert d.minimum <= d.default <= d.maximum
        build(kind, {d.name: str(d.default)})
