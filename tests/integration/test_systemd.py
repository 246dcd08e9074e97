"""The unit of installer/linux under a real systemd, which is process 1 of a machine of its own.

The machine sees this one's files beneath its own, and writes to none of them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import site
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Certificates
from tests.support.namespaces import can_unshare
from tests.support.running import ADDRESS, CANARY, account
from tests.support.sink import Sink, serve
from tests.support.wait import until

PROJECT = Path(__file__).parents[2]
SYSTEMD = Path("/lib/systemd/systemd")
HOME = "/var/lib/traymail"

# Its own files above those of this machine, of whose units it starts none but the journal; what
# it is told of the hardware it cannot change. It prints its process id as this machine knows it.
_BOOT = r"""
set -e
folder=$1 group=$2 project=$3 packages=$4
read -r id rest < /proc/self/stat
echo 0 > "$group/cgroup.procs"
mount -t tmpfs tmpfs "$folder"
cd "$folder"
mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
cd root
rm -rf etc/fstab etc/systemd/system etc/systemd/system-generators
mkdir -p etc/systemd/system opt/project opt/packages
for wants in lib/systemd/system/*.wants; do
    find "$wants" -mindepth 1 ! -name 'systemd-journal*' -delete
done
mount --bind "$project" opt/project
mount --bind "$packages" opt/packages
mount -t proc proc proc
mount -o bind,ro proc/sys proc/sys
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount --rbind /dev dev
echo "$id"
exec unshare --cgroup sh -c '
    mount -t tmpfs tmpfs sys/fs/cgroup
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    pivot_root . mnt
    cd /
    umount -l /mnt
    mount --make-rshared /
    exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        /lib/systemd/systemd --unit=basic.target --log-target=null --show-status=0'
"""


def _missing() -> str:
    """Return what a machine of its own needs and is not here."""
    if sys.platform != "linux" or not SYSTEMD.exists():
        return "no systemd on this machine"
    if os.geteuid() != 0 or not all(can_unshare(one) for one in ("--mount", "--pid", "--cgroup")):
        return "only root may have a machine of its own"
    if _groups() is None:
        return "no cgroup2 on this machine that a systemd can have a part of"
    return ""


def _groups() -> Path | None:
    """Return where control groups are made."""
    for line in Path("/proc/self/mounts").read_text("utf-8").splitlines():
        _, place, kind, *_ = line.split(" ")
        if kind == "cgroup2" and os.access(place, os.W_OK):
            return Path(place)
    return None


@dataclass(frozen=True)
class Machine:
    """A running systemd, and the service."""

    id: int

    @property
    def root(self) -> Path:
        """Its files."""
        return Path(f"/proc/{self.id}/root")

    def is_up(self) -> bool:
        """Tell whether all that is started at first has been."""
        return self.run("systemctl", "is-system-running").strip() in {"running", "degraded"}

    def install(self) -> None:
        """Set the service up as its README says, in a program that lies in /usr/bin."""
        python = Path(sys._base_executable)  # type: ignore[attr-defined] # typeshed has it not
        for place in (python.resolve(), *python.resolve().parents):
            self.run("chmod", "go+rX", str(place))
        for name, command in (("traymail", ""), ("traymail-sendmail", "sendmail ")):
            program = self.root / "usr/bin" / name
            program.unlink(missing_ok=True)
            program.write_text(
                "#!/bin/sh\n"
                "export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/opt/project:/opt/packages\n"
                f'exec {python.resolve()} -s -m traymail {command}"$@"\n'
            )
            program.chmod(0o755)
        self.run("useradd", "--system", "--home-dir", HOME, "traymail")
        for folder, mode in ((HOME, "700"), ("/etc/traymail", "755")):
            self.run("install", "-d", "-m", mode, folder)
        secret = self.root / "etc/traymail/work.secret"
        secret.write_text(CANARY + "\n")
        secret.chmod(0o600)
        units = self.root / "etc/systemd/system"
        shutil.copy(PROJECT / "installer/linux/traymail.service", units)
        (units / "traymail.service.d").mkdir()
        (units / "traymail.service.d/test.conf").write_text(
            "[Service]\nLoadCredential=\nRestartSec=100ms\n"
            "LoadCredential=traymail.main:/etc/traymail/work.secret\n"
        )
        self.run("systemctl", "daemon-reload")

    def run(self, *command: str) -> str:
        """Run a command in it, and return what it wrote."""
        enter = ["nsenter", f"--target={self.id}", "--all", "--root", "--wd"]
        done = subprocess.run(
            [*enter, *command], capture_output=True, encoding="utf-8", check=False, timeout=60
        )
        return done.stdout + done.stderr

    def show(self, *names: str) -> list[str]:
        """Return properties of the service."""
        asked = ",".join(names)
        answer = self.run("systemctl", "show", "traymail", f"--property={asked}")
        found = dict(line.split("=", 1) for line in answer.splitlines())
        return [found.get(name, "") for name in names]

    def status(self) -> dict[str, Any]:
        """Ask the running program how it is; {} when there is none."""
        user = ["setpriv", "--reuid=traymail", "--regid=traymail", "--clear-groups"]
        answer = self.run(*user, "traymail", "--home", HOME, "status", "--json")
        try:
            found: dict[str, Any] = json.loads(answer)
        except ValueError:
            return {}
        return found if "pid" in found else {}

    def journal(self) -> list[dict[str, Any]]:
        """Return what the service has written to the journal."""
        lines = self.run("journalctl", "--identifier=traymail", "--output=json").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    if missing := _missing():
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("machine")
    groups = _groups()
    assert groups is not None
    group = groups / f"traymail-test-{os.getpid()}"
    group.mkdir()
    space = ["--mount", "--propagation=private", "--pid", "--ipc", "--uts", "--fork"]
    given = [str(folder), str(group), str(PROJECT), site.getsitepackages()[0]]
    command = ["unshare", *space, "--kill-child", "sh", "-c", _BOOT, "boot", *given]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as holder:
        try:
            assert holder.stdout is not None
            if not (told := holder.stdout.readline()):
                pytest.skip("no machine of its own can be put together here")
            machine = Machine(int(told))
            until(machine.is_up, 60, "systemd")
            machine.install()
            yield machine
        finally:
            holder.kill()
    until(lambda: _is_removed(group), what="the control groups to be empty")


def _is_removed(group: Path) -> bool:
    try:
        for one in sorted((one for one in group.rglob("*") if one.is_dir()), reverse=True):
            one.rmdir()
        group.rmdir()
    except OSError:
        return False
    return True


@pytest.fixture
def machine(booted: Machine, certificates: Certificates) -> Iterator[Machine]:
    """The machine with a service that is not running, and its certificate."""
    shutil.copy(certificates.ca_file, booted.root / "etc/traymail/ca.pem")
    yield booted
    booted.run("systemctl", "stop", "traymail")
    booted.run("systemctl", "reset-failed", "traymail")


def configure(machine: Machine, toml: str) -> None:
    home = machine.root / HOME[1:]
    (home / "config.toml").write_text(toml, "utf-8")
    machine.run("chown", "-R", "traymail:traymail", HOME)
    machine.run("chmod", "-R", "go=", HOME)


def rules(sink: Sink) -> str:
    return f"""{account(sink.port, ca_file="/etc/traymail/ca.pem")}
[[rules]]
name = "Errors"
kind = "log"
to = ["{ADDRESS}"]
cooldown = "0s"
paths = ["/var/log/app.log"]
match = ["ERROR"]
"""


@pytest.fixture
def sink(certificates: Certificates) -> Iterator[Sink]:
    context = certificates.good.server_context()
    with serve(context, security="tls", user=ADDRESS, password=CANARY) as sink:
        yield sink


def test_the_service_mails_restarts_and_stops(machine: Machine, sink: Sink) -> None:
    configure(machine, rules(sink))
    log = machine.root / "var/log/app.log"
    log.touch()
    log.chmod(0o640)
    machine.run("chown", "root:adm", "/var/log/app.log")
    assert machine.run("systemctl", "start", "traymail") == ""
    until(lambda: machine.status().get("rules", {}).get("Errors", {}).get("watching"), 60)
    with log.open("a") as file:
        file.write("ERROR 1\n")
    sink.wait_for(1, 60)
    # Killed, it is started again, and goes on where it was.
    [before] = machine.show("MainPID")
    machine.run("kill", f"-{signal.SIGKILL:d}", before)
    with log.open("a") as file:
        file.write("ERROR 2\n")
    sink.wait_for(2, 60)
    assert machine.show("NRestarts", "ActiveState") == ["1", "active"]
    assert machine.run("systemctl", "stop", "traymail") == ""
    ended = machine.show("ActiveState", "Result", "ExecMainStatus")
    assert ended == ["inactive", "success", "0"]
    lines = machine.journal()
    assert CANARY not in str(lines)
    assert {"6"} <= {str(one["PRIORITY"]) for one in lines} <= {"3", "4", "5", "6"}
    assert not [one for one in lines if str(one["MESSAGE"]).startswith("<")]


def test_what_another_start_would_not_mend_is_not_started_again(machine: Machine) -> None:
    configure(machine, "version = 1\nwrong = 1\n")
    machine.run("systemctl", "start", "traymail")
    until(lambda: machine.show("ActiveState") == ["failed"], 60, "the service to give up")
    assert machine.show("ExecMainStatus", "NRestarts") == ["78", "0"]
    [priority] = {one["PRIORITY"] for one in machine.journal() if "wrong" in str(one["MESSAGE"])}
    assert int(priority) <= 3


def test_what_roots_programs_mail_leaves_through_the_service(machine: Machine, sink: Sink) -> None:
    """As README.md beside the unit says; without a word, as cron expects of a sendmail."""
    configure(machine, account(sink.port, ca_file="/etc/traymail/ca.pem"))
    ours = machine.root / "usr/sbin/sendmail"
    ours.unlink(missing_ok=True)
    shutil.copy(PROJECT / "installer/linux/sendmail", ours)
    assert machine.run("systemctl", "start", "traymail") == ""
    until(lambda: machine.status().get("pid"), 60, "the service")
    letter = "printf 'From: root (Cron Daemon)\\nSubject: x\\n\\nthe job is done\\n'"
    command = f"umask 022; {letter} | env -i PATH=/usr/bin:/bin /usr/sbin/sendmail -i -oem root"
    assert machine.run("sh", "-c", f"{command}; echo $?") == "0\n"
    [arrival] = sink.wait_for(1, 60)
    assert arrival.recipients == (ADDRESS,)
    assert arrival.content.endswith(b"\r\n\r\nthe job is done\r\n")
    home = machine.root / HOME[1:]
    owners = {file.stat().st_uid for file in (home, *home.rglob("*"))}
    assert owners == {home.stat().st_uid}
    # Others get as far as sudo lets them.
    nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    anybody = [*nobody, "sh", "-c", f"{letter} | /usr/sbin/sendmail root; echo $?"]
    assert not machine.run(*anybody).endswith("\n0\n")
    assert len(sink.arrivals) == 1
    if shutil.which("sudo") is None:
        pytest.skip("the rest is not here: sudo")
    readme = (PROJECT / "installer/linux/README.md").read_text("utf-8")
    [rule] = re.findall("^ALL .*", readme, re.M)
    (allowed := machine.root / "etc/sudoers.d/traymail-sendmail").write_text(f"{rule}\n")
    allowed.chmod(0o440)
    assert machine.run(*anybody) == "0\n"
    sink.wait_for(2, 60)
    read = [*nobody, "sudo", "-n", "-u", "traymail", "cat", f"{HOME}/config.toml"]
    assert "password is required" in machine.run(*read)
