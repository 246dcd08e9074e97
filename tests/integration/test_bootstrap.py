"""The pure pieces of bootstrap.py: what it decides, without network and without installing."""

import ast
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

import bootstrap
from tests.support.wait import PATIENCE_SECONDS, goes_on, until

ROOT = Path(bootstrap.__file__).parent


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[dependency-groups]\ndev = ["ruff>=0.5", "mypy"]\n')
    (tmp_path / "hatch_build.py").write_text("hook = 1\n")
    catalogue = tmp_path / "traymail" / "locale" / "zh_CN" / "LC_MESSAGES" / "traymail.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text('msgid ""\nmsgstr ""\n')
    return tmp_path


def key(checkout: Path, python: str = "/usr/bin/python3.11") -> bootstrap.Key:
    return bootstrap.current_key(checkout, python)


@pytest.mark.parametrize("changed", ["pyproject.toml", "hatch_build.py", "**/traymail.po"])
def test_a_changed_source_asks_for_an_install(checkout: Path, changed: str) -> None:
    before = key(checkout)
    source = next(checkout.glob(changed))
    source.write_text(source.read_text() + "# more\n")
    after = key(checkout)
    assert after.project != before.project
    assert after.python == before.python


def test_a_changed_module_asks_for_nothing(checkout: Path) -> None:
    before = key(checkout)
    (checkout / "traymail" / "new.py").write_text("")
    assert key(checkout) == before


def test_another_python_or_folder_asks_for_a_new_environment(checkout: Path) -> None:
    before = key(checkout)
    assert key(checkout, "/usr/local/bin/python3.12").python != before.python
    moved = checkout.rename(checkout.with_name("moved checkout"))
    assert key(moved).python != before.python
    assert key(moved).project == before.project


def test_an_upgrade_of_the_same_python_asks_for_nothing(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installing python3-venv may bring one, and the set-up that asked for it began before."""
    before = key(checkout)
    monkeypatch.setattr(sys, "version", "3.11.2 (main, another day) [GCC 12.2.0]")
    assert key(checkout) == before
    monkeypatch.setattr(sys.implementation, "cache_tag", "cpython-399")
    assert key(checkout).python != before.python


@pytest.mark.parametrize(
    ("has_tools", "wants_tools", "serves"),
    [(True, True, True), (True, False, True), (False, False, True), (False, True, False)],
)
def test_the_stamp_tells_what_the_environment_serves(
    checkout: Path, has_tools: bool, wants_tools: bool, serves: bool
) -> None:
    now = key(checkout)
    stamp: dict[str, object] = {**now._asdict(), "dev": has_tools}
    assert bootstrap.fits(stamp, now, dev=wants_tools) is serves


@pytest.mark.parametrize("left", [None, "", '{"python": "ha', "[]", "\x00"])
def test_an_interrupted_set_up_is_known_for_one(checkout: Path, left: str | None) -> None:
    stamp = checkout / "stamp.json"
    if left is not None:
        stamp.write_text(left)
    assert not bootstrap.fits(bootstrap.read_stamp(stamp), key(checkout), dev=False)


@pytest.mark.parametrize(
    ("version", "newer", "expected"),
    [
        ((3, 11), None, None),
        ((3, 14), None, None),
        ((3, 9), "python3.12", "python3.12 bootstrap.py"),
        ((3, 10), None, "Install a newer one"),
    ],
)
def test_an_old_python_is_told_the_way_out(
    version: tuple[int, int], newer: str | None, expected: str | None
) -> None:
    hint = bootstrap.old_python_hint(version, newer)
    if expected is None:
        assert hint is None
    else:
        assert hint is not None
        assert expected in hint
        assert f"this is 3.{version[1]}" in hint


def test_an_old_python_can_read_the_file() -> None:
    ast.parse((ROOT / "bootstrap.py").read_text("utf-8"), feature_version=(3, 8))


def test_missing_programs_become_one_line_to_type(tmp_path: Path) -> None:
    for name in set(bootstrap.TEST_PROGRAMS) - {"Xvfb", "gnome-keyring-daemon"}:
        if not name.startswith("/"):
            (tmp_path / name).touch(0o755)
    packages = [p for p in bootstrap.program_packages(str(tmp_path)) if p != "xfce4-notifyd"]
    assert packages == ["gnome-keyring", "dbus-x11", "xvfb"]
    assert bootstrap.apt_line(packages) == (
        "sudo apt-get install --no-install-recommends gnome-keyring dbus-x11 xvfb"
    )


@pytest.mark.skipif(os.name == "nt", reason="a script for the shells of Unix")
def test_what_npm_installs_is_kept_until_something_else_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    npm = tmp_path / "npm"
    npm.write_text(f'#!/bin/sh\necho "$@" >> "{told}"\nfor last; do :; done\ntouch "$last/new"\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    wanted, folder = tmp_path / "wanted.json", tmp_path / "node"
    for content, runs in (("{}", 1), ("{}", 1), ('{"a": 1}', 2)):
        wanted.write_text(content)
        assert bootstrap.install_node_packages(folder, wanted)
        assert len(told.read_text().splitlines()) == runs
        assert sorted(file.name for file in folder.iterdir()) == ["new", "package.json"]
    npm.write_text("#!/bin/sh\nexit 1\n")
    wanted.write_text("{ }")
    assert not bootstrap.install_node_packages(folder, wanted)
    assert not folder.exists()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert not bootstrap.install_node_packages(folder, wanted)


def test_the_tools_are_read_from_the_project(checkout: Path) -> None:
    assert bootstrap.dev_requirements(checkout) == ["ruff>=0.5", "mypy"]


def test_a_second_set_up_waits_for_the_first(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    tries = f"import bootstrap, pathlib\nwith bootstrap.locked(pathlib.Path({str(lock)!r})): pass"
    with bootstrap.locked(lock):
        second = subprocess.Popen(
            [sys.executable, "-c", tries], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        assert second.stderr is not None
        assert "waiting" in second.stderr.readline()
        assert second.poll() is None
    with second:
        assert second.wait(PATIENCE_SECONDS) == 0


@pytest.mark.parametrize(
    "given",
    [
        *([], ["--readme"], ["--windows"], ["--windows", "--readme"]),
        *(["/tmp/pictures", "quick-send"], ["--windows", "/tmp/there"]),
    ],
)
def test_what_names_no_folder_here_is_handed_on_as_it_is(given: list[str]) -> None:
    assert bootstrap.picture_arguments(given) == given


def test_pictures_go_into_the_folder_of_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = [str(tmp_path / "shots"), "quick-send"]
    assert bootstrap.picture_arguments(["shots", "quick-send"]) == expected
    there = ["--windows", *expected]
    assert bootstrap.picture_arguments(["--windows", "shots", "quick-send"]) == there


@pytest.mark.parametrize(
    ("arguments", "last"),
    [
        (["--packages"], ["tests/packages", "--packages"]),
        (
            ["--packages", "--require-desktop"],
            ["tests/packages", "--require-desktop", "--packages"],
        ),
        (
            ["--packages", "tests/packages/test_deb.py"],
            ["tests/packages/test_deb.py", "--packages"],
        ),
        (["--require-desktop", "tests/gui"], ["tests/gui", "--require-desktop"]),
    ],
)
def test_those_of_the_packages_are_run_when_asked_for_and_not_shared_out(
    arguments: list[str], last: list[str]
) -> None:
    *others, run = bootstrap.pytest_runs(arguments)
    assert run == last
    assert all("--packages" not in other for other in others)


@pytest.mark.parametrize("name", ["demo", "test", "bench", "pictures", "package", "release"])
def test_the_usage_names_every_command(name: str) -> None:
    assert f"python3 bootstrap.py {name} " in bootstrap.USAGE


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [((), 64, "usage"), (("--help",), 0, "usage"), (("fly",), 64, "Unknown command: fly")],
)
def test_its_own_command_line(arguments: tuple[str, ...], status: int, word: str) -> None:
    ended = subprocess.run(
        [sys.executable, ROOT / "bootstrap.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == status
    assert word in ended.stdout + ended.stderr


HANGING = """
import os, pathlib, signal, subprocess, sys

OTHERS = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)"


def test_that_hangs():
    here = pathlib.Path(__file__).parent
    command = [sys.executable, "-c", OTHERS]
    children = [subprocess.Popen(command), subprocess.Popen(command, start_new_session=True)]
    if os.fork() == 0:  # as daemons do: an orphan in a session of its own
        os.setsid()
        children.append(subprocess.Popen(command))
        (here / "daemon").write_text(str(children[-1].pid))
        os._exit(0)
    os.wait()
    pids = [os.getpid(), *(child.pid for child in children), (here / "daemon").read_text()]
    (here / "begun").write_text(" ".join(map(str, pids)))
    (here / "pids").write_text((here / "begun").read_text())
    try:
        signal.pause()
    finally:
        (here / "tidied").touch()
"""

# The checks before the tests would only take time.
UNCHECKED = """
import sys, bootstrap

bootstrap.CHECKS = ()
sys.exit(bootstrap.main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="daemons are followed on Linux")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("how", [(), bootstrap.shared_out()], ids=["alone", "shared out"])
def test_interrupted_it_ends_what_it_started(
    number: signal.Signals, how: Sequence[str], tmp_path: Path
) -> None:
    hanging = tmp_path / "test_hanging.py"
    hanging.write_text(HANGING)
    command = [sys.executable, "-c", UNCHECKED, "test", "--fast", *how, str(hanging)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=ROOT
    ) as running:
        begun = tmp_path / "pids"
        until(begun.exists, what="the test that hangs")
        pids = [int(pid) for pid in begun.read_text().split()]
        try:
            assert all(map(goes_on, pids))
            running.send_signal(number)
            assert running.wait(60) == 128 + number
            assert [pid for pid in pids if goes_on(pid)] == []
        finally:
            for pid in filter(goes_on, pids):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    assert (tmp_path / "tidied").exists()
