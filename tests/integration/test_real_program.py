"""From the rehearsal into the real program, when that does not start."""

import sys
from pathlib import Path

import pytest

from traymail.core.errors import DesktopError
from traymail.demo.rehearsal import RealProgram
from traymail.desktop.instance import Instance


@pytest.mark.parametrize(
    ("script", "advice"),
    [
        ("import sys; sys.exit('no room\\nat all')", "It says: no room"),
        ("raise SystemExit(73)", "None"),
    ],
)
def test_a_program_that_does_not_start_says_why(tmp_path: Path, script: str, advice: str) -> None:
    program = RealProgram(Instance(tmp_path), (sys.executable, "-c", script))
    with pytest.raises(DesktopError) as told:
        program.add_account("")
    assert str(told.value.title) == "traymail could not be started."
    assert str(told.value.advice) == advice
