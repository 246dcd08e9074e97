"""The running program: `run` is it; `status`, `pause`, `resume` and `quit` talk to it."""

from __future__ import annotations

import gc
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click

from traymail.cli import endings
from traymail.cli.options import AS_JSON
from traymail.cli.session import Session
from traymail.cli.show import STATES, account_word, local, table
from traymail.cli.words import argument, command, option
from traymail.core.duration import parse_duration, spoken_duration
from traymail.core.errors import InputError, NotRunning, OtherUser, StateError
from traymail.core.reports import FlowStatus, health_of
from traymail.core.texts import Text, text

# The program promises to end within 5 s; the rest is for a machine under load.
TURN_SECONDS = 0.05
QUIT_TURNS = 200


@contextmanager
def _for_good() -> Iterator[None]:
    """Import what lives as long as the process: the collector need not look through it."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@command(
    "run",
    text(
        "Run in the foreground, with tray, rules and outbox.\n\n"
        "SIGTERM, SIGINT or “traymail quit” end it."
    ),
)
@option("--headless", text("Without tray and windows, as on a server."), is_flag=True)
@option(
    "--login", text("Started with the desktop session: no window opens by itself."), is_flag=True
)
@click.pass_obj
def run(session: Session, /, *, headless: bool, login: bool) -> int:
    """Be the running program of this home."""
    if not sys.warnoptions:  # what libraries tell programmers is nothing for users
        warnings.simplefilter("ignore")
    if headless:
        from traymail.program import run as run_headless

        session.keep_log(service=True)
        return run_headless(session.app)
    from traymail.cli.start_errors import told_on_desktop
    from traymail.desktop.display import check_display

    with told_on_desktop(session):
        check_display(session.environ)
        with _for_good():
            from traymail.windowed import run as run_windowed

        session.keep_log()
        return run_windowed(session.app, login=login)


@command("status", text("Show the status of the running program."))
@AS_JSON
@click.pass_obj
def status(session: Session, /, *, as_json: bool) -> None:
    """Ask the running program."""
    try:
        told = _ask(session, {"command": "status", "language": session.language})
    except OtherUser as error:
        if as_json:
            session.dump({"running": error.pid is not None, "pid": error.pid, "user": error.user})
        raise
    except NotRunning:
        if as_json:
            session.dump({"running": False})
        raise
    if as_json:
        session.dump(told)
        return
    try:
        _print_status(session, told)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise StateError(
            text("The running program answers what this traymail does not understand."),
            text("It may be of another version: end it with traymail quit, then start it again."),
        ) from error


def _ask(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    answer = session.app.instance.ask(request)
    if answer.get("state") == "unavailable":
        raise StateError(
            text("The running program answers: {reason}", reason=answer["error"]),
            text("See the log for details: {path}", path=session.home.log_file),
        )
    if "error" in answer:
        raise RuntimeError(f"the running program answers: {answer['error']}")
    return answer


def _print_status(session: Session, told: dict[str, Any]) -> None:
    session.say(
        text(
            "traymail {version} runs (pid {pid}) in {home}",
            version=told["version"],
            pid=told["pid"],
            home=told["home"],
        )
    )
    if told["paused"]:
        until = told["paused_until"]
        session.say(
            text("Everything is paused until {time}.", time=local(datetime.fromisoformat(until)))
            if until
            else text("Everything is paused until you run: traymail resume")
        )
    if told["config_error"]:
        session.say(text("An edit of the configuration is not in force; what was before is used:"))
        for problem in told["config_error"].splitlines():
            session.say(problem)
    for warning in told.get("warnings", ()):  # a running program of before has none
        session.say(warning)
    session.say(text("Outbox: {counts}", counts=_counts(session, told["outbox"])))
    rows = [
        (
            session.translated(text("account {name}", name=name)),
            session.translated(account_word(one["state"])),
            _counts(session, one),
        )
        for name, one in told["accounts"].items()
    ]
    rows += [
        (
            session.translated(text("rule {name}", name=name)),
            _rule_state(session, one, paused=told["paused"]),
            _counts(session, one),
        )
        for name, one in told["rules"].items()
    ]
    for line in table(rows) if rows else []:
        session.say(line)
    for name, one in told["rules"].items():
        for left in one["left_out"]:
            session.say(
                text(
                    "rule {name} leaves out {what}: {reason}",
                    name=name,
                    what=left["what"],
                    reason=left["reason"],
                )
            )


def _rule_state(session: Session, rule: dict[str, Any], *, paused: bool) -> str:
    if rule["enabled"] and rule["error"]:
        return str(rule["error"])
    status = FlowStatus(watching=rule["watching"])
    return session.translated(health_of(status, enabled=rule["enabled"], paused=paused).words)


def _counts(session: Session, told: dict[str, Any]) -> str:
    """Return the numbers among facts: ``waiting 2, failed 1``."""
    return ", ".join(
        f"{_word(session, name)} {value}"
        for name, value in told.items()
        if isinstance(value, int) and not isinstance(value, bool)
    )


def _word(session: Session, key: str) -> str:
    """Return a word of ``status --json`` as people read it; an unknown one as it is."""
    return session.translated(_WORDS.get(key, key))


_WORDS: dict[str, Text] = {
    **{state.value: word for state, word in STATES.items()},
    "matched": text("matched"),
    "suppressed": text("held back"),
}


@command(
    "pause",
    text(
        "Pause all sending; rules go on collecting.\n\n"
        "DURATION is a number with s, m, h or d: 30m, 2h, 1d. Without it the pause lasts "
        "until “traymail resume”."
    ),
)
@argument("duration", "[DURATION]", required=False)
@click.pass_obj
def pause(session: Session, /, *, duration: str | None) -> None:
    """Pause the running program, for a while or until resumed."""
    if duration is None:
        _ask(session, {"command": "pause"})
        session.say(text("Everything is paused until you run: traymail resume"))
        return
    wanted = parse_duration(duration)
    if not wanted:
        raise InputError(
            text("A pause of {duration} is none.", duration=spoken_duration(duration)),
            text("Give a longer one. traymail resume ends a pause."),
        )
    until = session.app.clock.now() + wanted
    _ask(session, {"command": "pause", "until": until.isoformat()})
    session.say(text("Everything is paused for {duration}.", duration=spoken_duration(duration)))


@command("resume", text("End a pause."))
@click.pass_obj
def resume(session: Session, /) -> None:
    """Let mail leave again."""
    _ask(session, {"command": "resume"})
    session.say(text("Mail is sent again."))


@command("quit", text("End the running program."))
@click.pass_obj
def quit_(session: Session, /) -> int:
    """Ask the running program to end, and wait until it has."""
    _ask(session, {"command": "quit"})
    never = threading.Event()
    for _ in range(QUIT_TURNS):
        if session.app.instance.running.holder() is None:
            session.say(text("traymail has ended."))
            return endings.OK
        never.wait(TURN_SECONDS)
    session.note(text("traymail was asked to end and is finishing its work."))
    session.note(text("Wait, or check with: traymail status"))
    return endings.LATER
