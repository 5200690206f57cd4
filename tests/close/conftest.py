"""Fixtures of the tests of the close."""

import pytest


@pytest.fixture
def again(_copied_database, tmp_path, settings):
    """Give a fresh empty database and lake in the middle of a test."""
    places = iter(range(100))

    def fresh() -> None:
        _copied_database.restore()
        settings.POSITIONS_DIR = tmp_path / f"positions-{next(places)}"

    return fresh
