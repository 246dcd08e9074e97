"""What a text to the robot of a WeCom group costs on the wire: counted, not timed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import Row
from tests.support.homes import Home
from tests.support.robot import ADDRESS, robot
from tests.support.running import outbox, running
from tests.support.wait import until

TEXTS = 10
EXCHANGES = 2.0

ACCOUNT = """\
version = 1

[accounts.team]
kind = "wecom"
format = "text"
api_url = "http://127.0.0.1:{port}"
"""


def rows() -> Iterator[Row]:
    """Let a running program send some texts one after the other."""
    with TemporaryDirectory(prefix="tm-") as name, robot() as group:
        folder = Path(name)
        secrets = folder / "credentials"
        secrets.mkdir(mode=0o700)
        (secrets / "traymail.team").write_text(ADDRESS + "\n")
        env = {"CREDENTIALS_DIRECTORY": str(secrets)}
        home = Home(folder / "home")
        home.configure(ACCOUNT.format(port=group.port))
        with running(home, env):
            for number in range(TEXTS):
                done = home.run("send", "--queue", "--body", f"text {number}", env=env)
                assert done.returncode == 0, done.stderr
            until(lambda: len(group.contents) == TEXTS, what="the texts")
            until(
                lambda: all(one["state"] == "sent" for one in outbox(home)),
                what="all of them to be sent",
            )
        asked, connections = group.posts, group.connections
    # A connection costs a round trip of its own, without encryption.
    yield Row("WeCom text, the connection kept", asked / TEXTS, EXCHANGES, "round trips")
    yield Row(f"connections for {TEXTS} WeCom texts", connections, 1.0, "")
