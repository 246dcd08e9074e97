"""A home that others made, or may write, is not used: what it names would be run."""

import grp
import os
import pwd
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.cli import in_process
from tests.support.homes import Home
from tests.support.namespaces import can_unshare
from tests.support.running import running
from tests.support.wait import until
from traymail.desktop.paths import home as home_of

STRANGER = 65534
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root makes files of others"
)
pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows asks otherwise")


@pytest.mark.parametrize("command", [("outbox", "list"), ("run",), ("status",), ()])
def test_a_home_without_room_for_a_log_shows_no_traceback(
    home: Home, command: tuple[str, ...]
) -> None:
    home.configure("version = 1\n")
    home.path.chmod(0o777)
    done = home.run("-v", *command)
    assert (done.returncode, "Traceback" in done.stderr) == (73, False), done.stderr
    assert "the command failed" not in done.stderr
    home.path.chmod(0o700)
    (home.path / "state").write_text("a file is where the folder of the log would be")
    done = home.run("-v", *command)
    assert (done.returncode, "Traceback" in done.stderr) == (73, False), done.stderr


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """Return the file that the home's ``password_command`` makes when it is run."""
    return tmp_path / "it was run"


@pytest.fixture
def theirs(home: Home, marker: Path) -> Home:
    """Return a home as a stranger lays it out."""
    home.configure(
        f"""
[accounts.desk]
address = "me@desk.example"
host = "127.0.0.1"
port = 1
security = "tls"
password_command = ["touch", '{marker}']
"""
    )
    return home


def open_to_all(home: Home) -> None:
    home.path.chmod(0o777)


def open_to_the_group(home: Home) -> None:
    home.path.chmod(0o770)


def sticky(home: Home) -> None:
    home.path.chmod(0o1777)


def open_state(home: Home) -> None:
    (home.path / "state").mkdir(mode=0o700)
    (home.path / "state").chmod(0o777)


def open_file(home: Home) -> None:
    home.path.chmod(0o755)
    home.config.chmod(0o666)


def open_around_what_a_link_leads_to(home: Home) -> None:
    shared = home.path.parent / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    home.config.rename(shared / "traymail.toml")
    home.config.symlink_to(shared / "traymail.toml")


def open_around(home: Home) -> None:
    home.path.parent.chmod(0o777)


def link_where_all_may_write(home: Home) -> None:
    real = home.path.rename(home.path.parent / "real")
    (home.path.parent / "shared").mkdir()
    (home.path.parent / "shared").chmod(0o1777)
    (home.path.parent / "shared" / "way").symlink_to(real, target_is_directory=True)
    home.path.symlink_to(home.path.parent / "shared" / "way", target_is_directory=True)


def anothers(home: Home) -> None:
    os.chown(home.path, STRANGER, -1)


def anothers_file(home: Home) -> None:
    os.chown(home.config, STRANGER, -1)


def anothers_around(home: Home) -> None:
    os.chown(home.path.parent, STRANGER, -1)


def anothers_state(home: Home) -> None:
    (home.path / "state").mkdir(mode=0o700)
    os.chown(home.path / "state", STRANGER, -1)


SENDING = [
    ("account", "test", "desk"),
    ("doctor",),
    ("send", "--to", "a@b.example", "--subject", "Hello", "--body", "Hello"),
]


def anothers_mail(home: Home) -> None:
    """One that was laid there while others could write the home, and would be sent now."""
    (home.path / "state").mkdir(mode=0o755)
    (home.path / "state" / "outbox.db-wal").write_bytes(b"")
    os.chown(home.path / "state" / "outbox.db-wal", STRANGER, -1)


def anothers_spool(home: Home) -> None:
    (home.path / "state" / "spool").mkdir(parents=True, mode=0o755)
    os.chown(home.path / "state" / "spool", STRANGER, -1)


def linked_mail(home: Home) -> None:
    (home.path / "state").mkdir(mode=0o755)
    (home.path / "state" / "outbox.db").symlink_to(home.config)


Lay = Callable[[Home], None]
WRITABLE = [
    open_to_all,
    open_to_the_group,
    sticky,
    open_state,
    open_file,
    open_around_what_a_link_leads_to,
    open_around,
    link_where_all_may_write,
    linked_mail,
]
ANOTHERS = [
    anothers,
    anothers_file,
    anothers_around,
    anothers_state,
    anothers_mail,
    anothers_spool,
]


def refused(home: Home, marker: Path, *arguments: str) -> str:
    done = in_process(home, *arguments, given="x\n")
    assert (done.returncode, done.stdout) == (73, ""), arguments
    assert not marker.exists()
    cause, way_out = done.stderr.splitlines()
    assert way_out
    return cause


@pytest.mark.parametrize("lay", WRITABLE)
def test_what_others_may_write(theirs: Home, marker: Path, lay: Lay) -> None:
    lay(theirs)
    for command in SENDING:
        cause = refused(theirs, marker, *command)
        assert cause.startswith("Others may write ") or " is a link" in cause


@as_root
@pytest.mark.parametrize("lay", ANOTHERS)
def test_what_belongs_to_another_user(theirs: Home, marker: Path, lay: Lay) -> None:
    lay(theirs)
    for command in SENDING:
        assert "belongs to another user" in refused(theirs, marker, *command)


@pytest.mark.parametrize(
    "command",
    [
        ("run", "--headless"),
        ("-v", "account", "list"),
        ("account", "list"),
        ("account", "add", "new@desk.example"),
        ("account", "remove", "desk"),
        ("account", "set-secret", "desk"),
        ("rule", "list"),
        ("rule", "check"),
        ("outbox", "list"),
        ("outbox", "retry", "--all"),
        ("config", "check"),
        ("config", "export", "-"),
        ("config", "import", "/dev/null"),
        ("purge", "--yes"),
    ],
    ids=" ".join,
)
def test_no_command_uses_it(theirs: Home, marker: Path, command: tuple[str, ...]) -> None:
    before = theirs.config.read_bytes()
    open_to_all(theirs)
    refused(theirs, marker, *command)
    assert theirs.config.read_bytes() == before
    assert [path.name for path in theirs.path.iterdir()] == ["config.toml"]


def test_homes_that_are_ours_alone(theirs: Home) -> None:
    """In /tmp, behind a link of ours, owned by root, readable by all, in a folder of its own."""
    shared = theirs.path.parent / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    link = theirs.path.parent / "link"
    link.symlink_to(shared, target_is_directory=True)
    for path in (shared / "home", link / "other", shared / "new" / "deep" / "er"):
        home_of(str(path), {}).make()
        home_of(str(path), {}).make()
        (path / "config.toml").write_bytes(theirs.config.read_bytes())
        assert in_process(Home(path), "account", "list").returncode == 0
    theirs.path.chmod(0o755)
    assert in_process(theirs, "account", "list").returncode == 0
    theirs.path.chmod(0o700)
    theirs.config.chmod(0o666)  # nobody else gets there
    assert in_process(theirs, "account", "list").returncode == 0


@as_root
@pytest.mark.skipif(not can_unshare("--user"), reason="no namespaces of users here")
def test_in_a_container_without_the_computers_root(theirs: Home) -> None:
    """There, what belongs to those without a number is told of as belonging to nobody."""
    anothers_around(theirs)
    theirs.path.parent.chmod(0o755)
    contained = ["unshare", "--user", "--map-root-user", *theirs.command("account", "list")]
    for command, status in ((contained, 0), (theirs.command("account", "list"), 73)):
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert done.returncode == status, done.stderr
    anothers(theirs)  # the home itself has to be ours there, too
    theirs.path.chmod(0o755)
    assert subprocess.run(contained, capture_output=True, timeout=60, check=False).returncode == 73


# A group of one's own, as many systems give to each user, and let it write.
GROUPS = """
import grp, os, pwd, sys  # as long as Python's own files can be read
from traymail.core.errors import UnsafePath
from traymail.desktop.paths import home
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[1]))
try:
    home(sys.argv[3], {}).make()
    print("made")
except UnsafePath as error:
    print("refused")
"""


def _name_another(place: str, mode: int) -> None:
    """Let a user do there what the group may, as ``setfacl`` does: see acl(5)."""
    may, nobody = mode >> 3 & 7, 0xFFFF_FFFF
    # <linux/posix_acl_xattr.h>: the owner, a user, the group, the mask, others
    entries = (
        (1, 7, nobody),
        (2, may, STRANGER),
        (4, 5, nobody),
        (16, may, nobody),
        (32, 5, nobody),
    )
    words = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *one) for one in entries)
    try:
        os.setxattr(place, "system.posix_acl_access", words)
    except OSError:
        pytest.skip("no access lists here")


def _own_group() -> pwd.struct_passwd:
    """Return a user with a group of their own."""
    return next(
        one
        for one in pwd.getpwall()
        if one.pw_uid and (own := grp.getgrgid(one.pw_gid)).gr_name == one.pw_name
        if not own.gr_mem
    )


@as_root
@pytest.mark.parametrize(
    ("group", "mode", "outcome"),
    [
        ("own", 0o775, "made"),
        ("own", 0o777, "refused"),
        ("own, and a stranger", 0o775, "refused"),
        ("own, and a reader", 0o755, "made"),
        ("another", 0o775, "refused"),
        ("another", 0o755, "made"),
    ],
)
def test_a_group_that_is_the_user_alone(group: str, mode: int, outcome: str) -> None:
    user = _own_group()
    with TemporaryDirectory(dir="/tmp") as place:  # pytest's own lets nobody else in
        os.chown(place, user.pw_uid, 0 if group == "another" else user.pw_gid)
        Path(place).chmod(mode)
        if "and" in group:
            _name_another(place, mode)
        done = subprocess.run(
            [sys.executable, "-c", GROUPS, str(user.pw_uid), str(user.pw_gid), place],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.stdout == f"{outcome}\n", done.stderr


@as_root
@pytest.mark.skipif(not can_unshare("--mount"), reason="nothing can be mounted here")
@pytest.mark.parametrize(("shared", "outcome"), [(False, "made"), (True, "refused")])
def test_a_group_that_is_also_the_first_one_of_somebody_else(
    tmp_path: Path, *, shared: bool, outcome: str
) -> None:
    user, users = _own_group(), tmp_path / "passwd"
    more = f"strangest:x:{STRANGER}:{user.pw_gid}::/:/bin/sh\n" if shared else ""
    users.write_text(Path("/etc/passwd").read_text("utf-8") + more, "utf-8")
    with TemporaryDirectory(dir="/tmp") as place:  # pytest's own lets nobody else in
        os.chown(place, user.pw_uid, user.pw_gid)
        Path(place).chmod(0o775)
        begin = 'mount --bind "$1" /etc/passwd; shift; exec "$@"'
        python = [sys.executable, "-c", GROUPS, str(user.pw_uid), str(user.pw_gid), place]
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", begin, "sh", str(users), *python],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.stdout == f"{outcome}\n", done.stderr


def test_folders_that_are_made_on_the_way_are_ours_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        home_of(str(tmp_path / "a" / "b" / "c"), {}).make()
    finally:
        os.umask(before)
    for made in (tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "c" / "state"):
        assert made.stat().st_mode & 0o777 == 0o700


IN_A_CHROOT = """
import os, sys
from traymail.core.errors import UnsafePath
from traymail.desktop.paths import home
os.chroot(sys.argv[1])
os.chdir("/")
home("/srv/mine", {}).make()
print("made")
try:
    home("/srv/home/mine", {}).make()
except UnsafePath as error:
    print(error)
"""


@as_root
def test_in_a_chroot_whose_files_are_a_users(tmp_path: Path) -> None:
    """A root that was unpacked without being root: its owner may do anything there anyway."""
    (tmp_path / "root" / "srv" / "home").mkdir(parents=True)
    os.chown(tmp_path / "root", 1000, 1000)
    os.chown(tmp_path / "root" / "srv", 1000, 1000)
    os.chown(tmp_path / "root" / "srv" / "home", 2000, 2000)
    done = subprocess.run(
        [sys.executable, "-c", IN_A_CHROOT, str(tmp_path / "root")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "made\n/srv/home belongs to another user, so traymail does not use it.\n"


@as_root
def test_an_edit_by_another_user_is_refused_while_it_runs(theirs: Home, marker: Path) -> None:
    with running(theirs, {}) as program:
        edited = theirs.path / "edited"
        edited.write_bytes(theirs.config.read_bytes().replace(b"desk]", b"other]"))
        os.chown(edited, STRANGER, -1)
        edited.rename(theirs.config)
        until(lambda: "another user" in (program.status()["config_error"] or ""))
        assert list(program.status()["accounts"]) == ["desk"]
    assert not marker.exists()


NAMELESS = """\
version = 1

[accounts.desk]
address = "me@desk.example"
host = "127.0.0.1"
port = 1
security = "none"

[[rules]]
name = "Errors"
kind = "log"
paths = ["{folder}/app.log"]
match = ["ERROR"]
subject = "{{user}}"
to = ["me@desk.example"]
"""


@pytest.mark.skipif(not can_unshare("--user"), reason="no user namespaces here")
def test_a_user_without_a_name_has_a_number(home: Home, tmp_path: Path) -> None:
    home.configure(NAMELESS.format(folder=tmp_path))
    (tmp_path / "app.log").write_text("ERROR\n")
    command = ["unshare", "--user", "--map-user=54321", *home.command("rule", "test", "Errors")]
    known = {"LOGNAME", "USER", "LNAME", "USERNAME"}
    nameless = {name: value for name, value in os.environ.items() if name not in known}
    tried = subprocess.run(command, env=nameless, capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    assert "subject  54321\n" in tried.stdout
