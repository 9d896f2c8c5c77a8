"""Which parameters of a test belong to the quick sample."""

import pytest


def sampled(choices, *quick) -> list:
    """The choices as pytest parameters, those in `quick` marked so."""
    unknown = set(quick) - set(choices)
    assert not unknown, f"no such parameters: {unknown}"
    return [pytest.param(each, marks=pytest.mark.quick if each in quick else ()) for each in choices]
