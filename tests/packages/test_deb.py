"""The package for Debian, from its installation with apt to the last trace, in bare releases.

The tests of this module go on where the one before ended, as a user does.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import pytest
from PIL import Image

from tests.packages.chroot import Chroot
from tests.packages.mary import (
    HOME,
    NEXT_VERSION,
    as_mary,
    configure,
    leave_a_mail_waiting,
    let_the_rules_mail,
    let_the_waiting_mail_go,
    send_by_hand,
    what_is_kept,
)
from tests.support.display import display, missing_programs
from tests.support.sink import Sink, serve
from tests.support.wait import until
from traymail import __version__


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """A server on loopback, which chroots share with us."""
    with serve(security="none") as running:
        yield running


def named_traymail(chroot: Chroot) -> set[str]:
    """Return what is there of traymail but for mary's files, the packages and dpkg's own lists."""
    found = chroot.run(
        *("find", "/", "-xdev", "(", "-path", "/proc", "-o", "-path", "/dev", "-o", "-path"),
        *("/home", "-o", "-path", "/srv", "-o", "-path", "/var/cache/apt", ")", "-prune", "-o"),
        *("-iname", "*traymail*", "-print"),
    )
    return set(found.split())


def test_lintian_finds_no_error(package: Path) -> None:
    if shutil.which("lintian") is None:
        pytest.skip("not here: lintian")
    told = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error", package],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, re.findall("^E:.*", told.stdout, re.M)) == (0, []), told.stderr


def test_apt_installs_the_file(release: Chroot, package: Path) -> None:
    release.install(release.put(package))
    assert as_mary(release, "traymail", "--version").startswith(f"traymail {__version__}")
    assert release.run("dpkg", "--verify", "traymail") == ""
    assert "traymail" in release.run("getent", "passwd", "traymail")


def test_it_brings_all_its_libraries(release: Chroot) -> None:
    script = 'find /usr/lib/traymail -name "*.so*" -exec ldd {} + 2>&1 | grep "not found" || true'
    assert release.run("sh", "-c", script) == ""
    # tkdnd and Pillow's are loaded by Tk and Python themselves.
    code = "import PIL._imagingtk, PIL._imaging, re2, cryptography.fernet, keyring, tkinter"
    release.run("/usr/lib/traymail/bin/python3", "-s", "-c", code)
    # GTK's icon, for old panels, is Debian's.
    release.install("python3-gi")
    release.run("/usr/lib/traymail/bin/python3", "-s", "-c", "import gi")


def test_it_is_compiled_for_this_python_and_users_write_nothing(release: Chroot) -> None:
    script = "find /usr/lib/traymail -name '*.pyc' -newer /etc/hostname | wc -l"
    before = int(release.run("sh", "-c", script))
    assert before > 1000
    as_mary(release, "traymail", "--help")
    assert int(release.run("sh", "-c", script)) == before


def test_the_unit_is_there_and_not_enabled(release: Chroot) -> None:
    assert release.path("/usr/lib/systemd/system/traymail.service").is_file()
    wants = list(release.path("/etc/systemd").rglob("*traymail*"))
    assert wants == []


def test_shells_and_man_find_their_files(release: Chroot) -> None:
    share = release.path("/usr/share")
    for page in ("man1", "zh_CN/man1"):
        assert (share / "man" / page / "traymail.1.gz").is_file()
    completing = release.path("/usr/share/bash-completion/completions/traymail")
    release.run("bash", "-n", f"/{completing.relative_to(release.root)}")
    for name in ("zsh/vendor-completions/_traymail", "fish/vendor_completions.d/traymail.fish"):
        assert "traymail" in (share / name).read_text("utf-8")


def test_the_desktop_offers_it_and_prefers_others(release: Chroot) -> None:
    """`zathura` stands for a viewer that nobody has chosen explicitly."""
    release.install("desktop-file-utils", "libglib2.0-bin")
    viewer = release.path("/usr/share/applications/zathura.desktop")
    viewer.write_text(
        "[Desktop Entry]\nType=Application\nName=viewer\nExec=true %f\nMimeType=application/pdf;\n"
    )
    release.run("update-desktop-database", "/usr/share/applications")
    pdf = as_mary(release, "gio", "mime", "application/pdf")
    assert "Default application for “application/pdf”: zathura.desktop" in pdf
    assert "zz-traymail.desktop" in pdf
    assert "traymail.desktop" in as_mary(release, "gio", "mime", "x-scheme-handler/mailto")
    viewer.unlink()
    told = as_mary(release, "traymail", "desktop", "install")
    assert told == "The menu has traymail already: /usr/share/applications/traymail.desktop\n"


def test_the_entries_of_the_menu_have_an_icon_in_each_size(release: Chroot) -> None:
    share = release.path("/usr/share")
    entries = list((share / "applications").glob("*traymail.desktop"))
    assert len(entries) == 2
    named = {re.findall("^Icon=(.+)$", one.read_text("utf-8"), re.M)[0] for one in entries}
    icons = share / "icons" / "hicolor"
    assert named == {"traymail"}
    sizes = set()
    for file in icons.glob("*/apps/traymail.png"):
        with Image.open(file) as picture:
            picture.load()
            sizes.add(picture.width)
            assert file.parent.parent.name == f"{picture.width}x{picture.height}"
            assert picture.format == "PNG"
            assert {*picture.getchannel("A").tobytes()} > {0, 255}  # a shape, not a square
    assert sizes >= {16, 24, 32, 48, 64, 128, 256}
    drawn = ElementTree.parse(icons / "scalable" / "apps" / "traymail.svg").getroot()  # noqa: S314 # ours
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"


def test_the_tour_in_it(release: Chroot) -> None:
    assert "4 of 4 mails arrived, whole." in as_mary(release, "traymail", "demo", "--tour")


def test_a_mail_is_sent(release: Chroot, sink: Sink) -> None:
    configure(release, sink.port)
    send_by_hand(release, sink)


def test_a_file_is_mailed_and_a_line_alerted(release: Chroot, sink: Sink) -> None:
    let_the_rules_mail(release, sink)


def test_the_window_opens_with_smooth_letters(release: Chroot) -> None:
    missing = [*missing_programs(), *(["xdotool"] if shutil.which("xdotool") is None else [])]
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}")
    with ExitStack() as ending:
        folder = ending.enter_context(TemporaryDirectory(prefix="tm-"))
        on = ending.enter_context(display(Path(folder)))
        # Its socket has an abstract name, too, which chroots share with us.
        cookie = release.put(Path(on.env["XAUTHORITY"]))
        env = {"DISPLAY": on.env["DISPLAY"], "XAUTHORITY": cookie}
        fonts = "import tkinter; print(tkinter.Tk().call('tk::pkgconfig', 'get', 'fontsystem'))"
        python = ("/usr/lib/traymail/bin/python3", "-c", fonts)
        assert release.run(*python, user="mary", env=env) == "xft\n"
        page = release.path("/home/mary/Scans/sent/page.pdf")
        release.run("traymail", "compose", "/home/mary/Scans/sent/page.pdf", user="mary", env=env)
        search = ["xdotool", "search", "--name", "^New mail"]
        until(
            lambda: subprocess.run(search, env=on.env, capture_output=True, check=False).stdout,
            timeout=30,
            what="the window",
        )
        release.run("traymail", "quit", user="mary", env=env)
        drafts = list(release.path("/home/mary").rglob("draft.json"))
        assert page.name in drafts[0].read_text("utf-8")


def test_an_update_keeps_outbox_and_rules(
    release: Chroot, sink: Sink, package: Path, next_package: Path
) -> None:
    kept = leave_a_mail_waiting(release)
    release.install(release.put(next_package))
    assert as_mary(release, "traymail", "--version").startswith(f"traymail {NEXT_VERSION}")
    assert what_is_kept(release) == kept
    assert release.run("dpkg", "--verify", "traymail") == ""
    ours = "/usr/lib/traymail/lib/python3/site-packages/traymail"
    stale = [path.name for path in release.path(ours).rglob("menu_entry*")]
    assert stale == []
    let_the_waiting_mail_go(release, sink)
    release.install(release.put(package))
    assert as_mary(release, "traymail", "--version").startswith(f"traymail {__version__}")


def test_it_is_the_sendmail_of_the_system_only_when_asked(release: Chroot) -> None:
    sendmail = release.path("/usr/sbin/sendmail")
    assert not sendmail.is_symlink()
    ours = "/usr/lib/traymail/sendmail"
    release.run("update-alternatives", "--install", "/usr/sbin/sendmail", "sendmail", ours, "10")
    assert release.run("readlink", "-f", "/usr/sbin/sendmail").strip() == ours


def test_removed_it_leaves_what_is_the_users(release: Chroot) -> None:
    release.run("apt-get", "-q", "-y", "remove", "traymail")
    assert as_mary(release, "sh", "-c", "command -v traymail || echo gone") == "gone\n"
    assert release.path(f"{HOME}/config.toml").is_file()
    assert not release.path("/usr/lib/traymail").exists()
    assert not release.path("/usr/sbin/sendmail").is_symlink()


def test_purged_it_leaves_nothing(release: Chroot) -> None:
    for folder in ("/var/lib/traymail", "/etc/traymail"):  # as the service and its secrets have it
        release.run("mkdir", "-p", folder)
        release.path(f"{folder}/file").touch()
    release.run("apt-get", "-q", "-y", "purge", "traymail")
    release.run("apt-get", "-q", "-y", "autoremove", "--purge")
    assert named_traymail(release) == set()
    release.run("getent", "passwd", "traymail", status=2)
    assert [home.name for home in release.path("/home").iterdir()] == ["mary"]
