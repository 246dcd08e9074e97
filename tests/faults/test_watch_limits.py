"""The system grants a user only so many watches: what has none is told, and found all the same."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("max_inotify_watches=10", "folder(s) of this rule are not watched"),
        ("max_inotify_watches=0", "watch limit reached"),
        ("max_inotify_instances=0", "instance limit reached"),
    ],
)
def test_folders_without_a_watch(tmp_path: Path, limit: str, told: str) -> None:
    name, value = limit.split("=")
    command = f'echo {value} > /proc/sys/user/{name} && exec "$0" -m tests.faults.watch_worker "$1"'
    # A user namespace of its own has limits of its own.
    shell = ["unshare", "--user", "--map-root-user", "sh", "-c"]
    try:
        if subprocess.run([*shell, f"echo 9 > /proc/sys/user/{name}"], check=False).returncode:
            pytest.skip("no user namespaces here")
    except FileNotFoundError:
        pytest.skip("no unshare here")
    done = subprocess.run(
        [*shell, command, sys.executable, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    assert told in done.stdout.decode()
    assert "all found" in done.stdout.decode()
