import os
from pathlib import Path

import pytest

from traymail.core.errors import StateError
from traymail.desktop.clock import SystemClock
from traymail.desktop.paths import home
from traymail.disk import in_home
from traymail.senders.smtp_wire import SmtpError, client_context


@pytest.mark.parametrize(
    ("option", "environ"),
    [
        ("/h", {}),
        (None, {"TRAYMAIL_HOME": "/h"}),
        ("/h", {"TRAYMAIL_HOME": "/other"}),
        ("/h/", {}),
    ],
)
def test_one_folder_holds_it_all(option: str | None, environ: dict[str, str]) -> None:
    there = home(option, environ)
    assert there.config_file == Path("/h/config.toml").absolute()
    assert there.database == Path("/h/state/outbox.db").absolute()
    assert there.spool == Path("/h/state/spool").absolute()
    assert there.log_file == Path("/h/log/traymail.log").absolute()


def test_else_they_are_the_platform_s_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    there = home(None, {})
    assert there.folder is None
    assert "traymail" in str(there.config)
    assert len({there.config, there.state, there.log}) == 3


def test_a_home_may_be_relative_or_begin_with_a_tilde(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))  # Windows'
    monkeypatch.chdir(tmp_path)
    assert home("~/mail", {}).folder == tmp_path / "mail"
    assert home("mail", {}).folder == tmp_path / "mail"
    # Nobody knows that user's: it is a name like others, as in a shell.
    assert home("~no-such-user/mail", {}).folder == tmp_path / "~no-such-user" / "mail"


def test_nobody_s_home_ends_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services start with little in their environment, and users without an entry have no home."""
    for name in ("USERPROFILE", "HOMEPATH", "HOMEDRIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "~")  # as os.path answers for whom nobody knows
    assert in_home("~") == Path("~")
    with pytest.raises(SmtpError, match="no-such-user"):
        client_context("~no-such-user/ca.pem")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_folders_are_made_private_and_others_stay_as_they_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    there = home(str(tmp_path), {})
    there.make()
    there.make()
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    for folder in (there.state, there.log):
        assert folder.stat().st_mode & 0o777 == 0o700
    home(str(tmp_path / "a" / "b"), {}).make()
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be made") as caught:
        home(str(tmp_path / "file"), {}).make()
    assert caught.value.advice is not None


def test_the_clock_is_aware_and_its_seconds_never_go_back() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() is not None
    assert clock.monotonic() <= clock.monotonic()
