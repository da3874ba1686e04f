"""The one check that all penalties share."""

from __future__ import annotations

import math

from separation.errors import ParameterError


def checked(strength: float) -> None:
    """Raises ParameterError for a strength that is not a finite number above zero."""
    if not 0.0 < strength < math.inf:
        raise ParameterError(f"The strength of a penalty must be a finite number above 0; {strength} is not.")
