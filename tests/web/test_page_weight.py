"""The first page weighs at most 300 KB on the wire (compressed, without the chart library), the next at most 50 KB."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from postloan.ground.access.roles import Role

FIRST_PAGE_BYTES = 300_000
NEXT_PAGE_BYTES = 50_000


def weight(data: bytes) -> int:
    return len(gzip.compress(data))


@pytest.mark.parametrize(
    "path",
    ["/office/", "/office/loans/", "/office/journal/", "/office/portfolio/", "/office/faults/", "/desk/loans/{loan}"],
)
def test_pages_are_light(path, small_book, login_as):
    content = login_as(Role.SUPERVISOR).get(path.format(loan=small_book.late.pk)).content
    assets = re.findall(r'(?:href|src)="/static/([^"]+)"', content.decode())

    files = [finders.find(asset) for asset in assets if "vendor/echarts" not in asset]

    assert all(files)
    assert weight(content) <= NEXT_PAGE_BYTES
    total = weight(content) + sum(weight(Path(str(file)).read_bytes()) for file in files)
    assert total <= FIRST_PAGE_BYTES
