"""The tests that run on Windows, run there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

import pytest
from PIL import Image

from tests.gui import pictures
from tests.support.display import display
from tests.support.wine import PYTHON, Wine

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(3600)]
_LIST = Path(__file__).with_name("windows.md")
_ROOT = _LIST.parents[2]
# No limits to be reached, but for what hangs.
_LONGEST_TEST, _LONGEST_RUN = 600, 1500.0
LARGE = "2600x2000"


def pytest_there(
    windows: Wine, *arguments: str, env: dict[str, str] | None = None
) -> CompletedProcess[str]:
    """Run pytest in the copy of the checkout."""
    command = [PYTHON, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short"]
    # What waits in Windows itself ends by no time limit of Python's: this tells where it stands.
    command += [f"--timeout={_LONGEST_TEST}", "-o", f"faulthandler_timeout={_LONGEST_TEST // 2}"]
    try:
        return windows.run(
            *command,
            *arguments,
            env={"PYTHONUTF8": "1", "COLUMNS": "100", **(env or {})},
            folder=windows.drive / "checkout",
            timeout=_LONGEST_RUN,
        )
    except subprocess.TimeoutExpired as problem:
        return CompletedProcess(problem.cmd, -1, str(problem.output), f"cut off: {problem}")


def judge(done: CompletedProcess[str]) -> None:
    """Fail with what it says, if it has failed."""
    if done.returncode:
        pytest.fail(done.stdout[-20_000:] + done.stderr[-2_000:], pytrace=False)


def listed(verdict: str) -> list[str]:
    """Return the files of which windows.md says so."""
    return re.findall(rf"^\| `(\S+)` \| {verdict}", _LIST.read_text("utf-8"), re.MULTILINE)


def groups() -> dict[str, list[str]]:
    """Return what runs there without a desktop, in groups that do not meet."""
    others = listed("runs")
    unit = sorted(f"tests/unit/{file.name}" for file in (_ROOT / "tests/unit").glob("test_*.py"))
    return {
        "half of the unit tests": unit[::2],
        "the other half": unit[1::2],
        # A kill, a rotation, an open writer; both use the Credential Manager.
        "half of the others": [
            "tests/on_windows/test_uses.py",
            *(f"tests/{name}" for name in others[::2]),
        ],
        "the other half of them": [f"tests/{name}" for name in others[1::2]],
    }


@pytest.fixture(scope="module")
def runs(windows: Wine) -> Iterator[dict[str, Future[CompletedProcess[str]]]]:
    """Run all groups at once: much of it is waiting."""
    with ThreadPoolExecutor() as pool:
        yield {name: pool.submit(pytest_there, windows, *files) for name, files in groups().items()}


@pytest.mark.parametrize("group", list(groups()))
def test_without_a_desktop(runs: dict[str, Future[CompletedProcess[str]]], group: str) -> None:
    judge(runs[group].result())


def test_the_tour(windows: Wine) -> None:
    done = windows.python("-m", "traymail", "demo", "--tour", timeout=_LONGEST_TEST)
    assert done.returncode == 0, done.stderr
    assert "4 of 4 mails arrived, whole." in done.stdout


@pytest.mark.parametrize("desktop", ["en", "zh_CN"], indirect=True)
def test_on_the_desktop(desktop: Wine, request: pytest.FixtureRequest) -> None:
    """The windows by keys and clicks; and once what Windows alone is asked."""
    language = request.node.callspec.params["desktop"]
    env = {"TESTS_DESKTOP_LANGUAGE": language}
    # Each in a process of its own: Tk keeps what it takes, and each test has a root.
    for file in ["test_windows.py", *(["test_calls.py"] if language == "en" else [])]:
        judge(pytest_there(desktop, f"tests/on_windows/{file}", env=env))


def test_on_a_desktop_at_200_percent(computer: Wine) -> None:
    with (
        TemporaryDirectory(prefix="tm-") as folder,
        display(Path(folder), LARGE) as screen,
        computer.desktop(screen.variables, LARGE, dpi=192) as desktop,
    ):
        env = {"TESTS_DESKTOP_SCALE": "200"}
        judge(pytest_there(desktop, "tests/on_windows/test_scale.py", env=env))


def test_a_window_is_taken_in_every_look(computer: Wine, tmp_path: Path) -> None:
    wanted = pictures.order(["--windows", str(tmp_path), "control-window"])
    assert pictures.take_on_windows(wanted, computer) == 0
    taken = list(tmp_path.iterdir())
    assert len(taken) == len(pictures.LOOKS)
    for file in taken:
        with Image.open(file) as one:
            assert len(one.convert("RGB").getcolors(one.width * one.height) or ()) > 20
