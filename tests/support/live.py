"""The whole program in this process, with its windows' services: a real home, engine and outbox."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.homes import Home
from tests.support.running import account, credentials
from tests.support.sink import Sink
from traymail.app import App, usual_rule_kinds
from traymail.desktop import paths
from traymail.desktop.clock import SystemClock
from traymail.engine.engine import Patience
from traymail.program import Program
from traymail.running.kind import GetRunningKinds
from traymail.services.services import Services, services_of


@dataclass(frozen=True)
class Live:
    """A running program; `services` is what its windows ask."""

    home: Home
    app: App
    program: Program
    services: Services


@contextmanager
def live(
    home: Home,
    config: str,
    secrets: Path | None = None,
    clock: SystemClock | None = None,
    rule_kinds: GetRunningKinds = usual_rule_kinds,
    patience: Patience | None = None,
) -> Iterator[Live]:
    """Run the program in a home until the block ends; `secrets` is as systemd gives them."""
    home.configure(config)
    environ = {**os.environ, **(credentials(secrets) if secrets else {})}
    app = App(paths.home(str(home.path), environ), environ, rule_kinds=rule_kinds)
    app.clock = clock or app.clock
    app.home.make()
    app.instance.claim()
    try:
        program = Program(app, app.settings_file.load(), lambda: None, patience=patience)
        program.start()
        try:
            yield Live(home, app, program, services_of(app, program))
        finally:
            program.stop()
    finally:
        app.close()


def at_sink(sink: Sink, ca_file: Path, more: str = "") -> str:
    """A configuration whose account "main" logs in at a sink over TLS."""
    return account(sink.port, ca_file=ca_file, more=more)
