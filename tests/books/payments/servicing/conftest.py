"""Fixtures of the tests of loans that events have changed."""

from collections.abc import Callable

import pytest


@pytest.fixture
def restore(_copied_database) -> Callable[[], None]:
    """Give an empty database again in the middle of a test."""
    return _copied_database.restore
