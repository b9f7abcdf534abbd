"""A run that has ended."""

import pytest
from logged_runs import CONFIG

import seqvision


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The record of a run that no logger has heard of."""
    return seqvision.run(CONFIG, seed=0, results=tmp_path_factory.mktemp("trained"))
