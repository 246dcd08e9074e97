"""The wheel by pipx and uv, and the source archive, with the Python of each bare Debian."""

import re
from pathlib import Path

import pytest

import traymail
from tests.packages.chroot import Chroot
from tests.packages.mary import (
    NEXT_VERSION,
    as_mary,
    configure,
    leave_a_mail_waiting,
    let_the_rules_mail,
    let_the_waiting_mail_go,
    send_by_hand,
    what_is_kept,
)
from tests.support.sink import serve

README = Path(__file__).parents[2] / "README.md"
UNINSTALL = {"pipx": ("pipx", "uninstall"), "uv": ("uv", "tool", "uninstall")}


@pytest.fixture(scope="module")
def machine(release: Chroot) -> Chroot:
    """A bare Debian of each release, with pipx, uv and Tk."""
    release.install("ca-certificates", "desktop-file-utils", "pipx", "python3-tk")
    release.run("pipx", "install", "uv", user="mary")
    return release


def as_the_readme_says(tool: str) -> list[str]:
    """Return the words before the file in the line that installs by a tool."""
    [line] = re.findall(rf"^{tool} .*install .*\.whl$", README.read_text("utf-8"), re.M)
    return str(line).split()[:-1]


@pytest.mark.parametrize(("tool", "kind"), [("pipx", "whl"), ("uv", "whl"), ("uv", "tar.gz")])
def test_it_is_installed_used_updated_and_removed(
    machine: Chroot, built: Path, next_wheel: Path, tool: str, kind: str
) -> None:
    def mary(*words: str) -> str:
        return as_mary(machine, *words)

    [file] = built.glob(f"*.{kind}")
    mary(*as_the_readme_says(tool), machine.put(file))
    assert mary("traymail", "--version").startswith(f"traymail {traymail.__version__}")
    assert "4 of 4 mails arrived, whole." in mary("traymail", "demo", "--tour")
    with serve(security="none") as sink:
        configure(machine, sink.port)
        send_by_hand(machine, sink)
        let_the_rules_mail(machine, sink)
        kept = leave_a_mail_waiting(machine)
        mary(*as_the_readme_says(tool), "--force", machine.put(next_wheel))
        assert mary("traymail", "--version").startswith(f"traymail {NEXT_VERSION}")
        assert what_is_kept(machine) == kept
        let_the_waiting_mail_go(machine, sink)
    mary("traymail", "desktop", "install")
    entry = machine.path("/home/mary/.local/share/applications/traymail.desktop")
    mary("desktop-file-validate", f"/{entry.relative_to(machine.root)}")
    assert "/home/mary/.local/" in entry.read_text("utf-8")
    mary("traymail", "desktop", "remove")
    mary("traymail", "purge", "--yes")
    mary(*UNINSTALL[tool], "traymail")
    left = mary("find", "/home/mary", "-iname", "*traymail*", "-not", "-path", "*/.cache/*")
    assert left == ""
