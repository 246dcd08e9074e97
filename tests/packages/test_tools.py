"""The wheel by pipx and uv, and the source archive, with the Python of each bare Debian."""

import re
from pathlib import Path

import pytest

from tests.packages.chroot import Chroot
from tests.support.sink import serve

README = Path(__file__).parents[2] / "README.md"
UNINSTALL = {"pipx": ("pipx", "uninstall"), "uv": ("uv", "tool", "uninstall")}
CONFIG = """\
version = 1
[accounts.local]
address = "mary@desk.example"
host = "127.0.0.1"
port = {port}
security = "none"
auth = "none"
"""


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
def test_it_is_installed_used_and_removed(
    machine: Chroot, built: Path, tool: str, kind: str
) -> None:
    def mary(*words: str) -> str:
        return machine.run(*words, user="mary")

    [file] = built.glob(f"*.{kind}")
    mary(*as_the_readme_says(tool), machine.put(file))
    assert mary("traymail", "--version").startswith("traymail ")
    assert "4 of 4 mails arrived, whole." in mary("traymail", "demo", "--tour")
    with serve(security="none") as sink:
        write = 'umask 077; mkdir -p ~/mail; printf %s "$1" > ~/mail/config.toml'
        mary("sh", "-c", write, "sh", CONFIG.format(port=sink.port))
        here = ("traymail", "--home", "/home/mary/mail")
        mary(*here, "send", "--to", "you@example.com", "--subject", "Hello")
        assert len(sink.arrivals) == 1
    mary("traymail", "desktop", "install")
    entry = machine.path("/home/mary/.local/share/applications/traymail.desktop")
    mary("desktop-file-validate", f"/{entry.relative_to(machine.root)}")
    assert "/home/mary/.local/" in entry.read_text("utf-8")
    mary("traymail", "desktop", "remove")
    mary("traymail", "purge", "--yes")
    mary(*UNINSTALL[tool], "traymail")
    left = mary("find", "/home/mary", "-iname", "*traymail*", "-not", "-path", "*/.cache/*")
    assert left == ""
