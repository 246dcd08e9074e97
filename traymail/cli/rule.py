"""`traymail rule`: the rules of the configuration, checked and tried without sending."""

from traymail.cli.words import group
from traymail.core.texts import text


@group("rule", text("Look after the rules."))
def rule() -> None:
    """Hold the commands below."""
