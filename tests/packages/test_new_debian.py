"""A Debian 12 with traymail becomes a Debian 13, as Debian's release notes say."""

from pathlib import Path

from tests.packages.chroot import debian
from tests.packages.mary import (
    as_mary,
    configure,
    leave_a_mail_waiting,
    let_the_rules_mail,
    let_the_waiting_mail_go,
    send_by_hand,
    what_is_kept,
)
from tests.support.sink import serve

APT = ("apt-get", "-q", "-y", "-o", "Dpkg::Options::=--force-confold")
COMPILED = "find /usr/lib/traymail -name '*.pyc' | sed 's/.*[.]\\(cpython-.*\\)/\\1/' | sort -u"


def test_it_goes_on_when_debian_is_upgraded(may_chroot: None, package: Path) -> None:
    del may_chroot
    with debian("bookworm") as machine, serve(security="none") as sink:
        machine.install(machine.put(package))
        configure(machine, sink.port)
        send_by_hand(machine, sink)
        let_the_rules_mail(machine, sink)
        kept = leave_a_mail_waiting(machine)

        machine.run("sed", "-i", "s/bookworm/trixie/", "/etc/apt/sources.list")
        machine.run("apt-get", "-q", "update")
        machine.run(*APT, "upgrade", "--without-new-pkgs")
        assert what_is_kept(machine) == kept
        machine.run(*APT, "full-upgrade")
        machine.run(*APT, "autoremove", "--purge")
        assert machine.run("python3", "--version").startswith("Python 3.13.")

        assert machine.run("dpkg", "--verify", "traymail") == ""
        assert machine.run("sh", "-c", COMPILED) == "cpython-313.pyc\n"
        assert what_is_kept(machine) == kept
        let_the_waiting_mail_go(machine, sink)
        let_the_rules_mail(machine, sink, "next.pdf")
        assert "4 of 4 mails arrived, whole." in as_mary(machine, "traymail", "demo", "--tour")
