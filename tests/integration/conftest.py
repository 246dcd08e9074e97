"""What the tests of the command line share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import Desk, desk


@pytest.fixture
def office(tmp_path: Path, certificates: Certificates) -> Iterator[Desk]:
    """Return a desk with an account, and the server that takes its mail."""
    with desk(tmp_path, certificates) as one:
        yield one
