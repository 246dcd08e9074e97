"""The computer with Windows that the tests use: one C: drive, switched on by one module a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import bootstrap
from tests.support.display import display
from tests.support.wine import Wine, copy_tests, set_up


@pytest.fixture(scope="session")
def computer() -> Wine:
    """One that is switched off, with the tests of this checkout in C:\\checkout."""
    missing = bootstrap.packages_of_windows()
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}")
    made = set_up()
    copy_tests(made)
    return made


@pytest.fixture(scope="module")
def windows(computer: Wine) -> Iterator[Wine]:
    """One that runs, without a display."""
    with computer.switched_on() as running:
        yield running


@pytest.fixture
def desktop(computer: Wine, request: pytest.FixtureRequest) -> Iterator[Wine]:
    """One that runs with a desktop, in the language that the test is given."""
    language = {"en": "", "zh_CN": "zh_CN.UTF-8"}[request.param]
    with (
        TemporaryDirectory(prefix="tm-") as folder,
        display(Path(folder), SIZE) as screen,
        computer.desktop(screen.variables, SIZE, language) as running,
    ):
        yield running


SIZE = "1280x900"
