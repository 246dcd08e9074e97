"""What may be typed for an argument: accounts, rules, mails and people of the home.

For `click`'s ``shell_complete``. Imported by the commands, so it imports what it needs when asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from traymail.cli.session import Session

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from traymail.core.outbox import State

Proposals = Callable[[click.Context, click.Parameter, str], "list[CompletionItem[str]]"]

MOST = 30


def accounts(
    context: click.Context, _parameter: click.Parameter, beginning: str
) -> list[CompletionItem[str]]:
    """Return the accounts of the configuration, each with its address."""
    found = _tables(context).get("accounts", {}).items()
    return _items(((name, str(one.get("address", ""))) for name, one in found), beginning)


def senders(
    context: click.Context, _parameter: click.Parameter, beginning: str
) -> list[CompletionItem[str]]:
    """Return the addresses of the accounts, each with its account."""
    found = _tables(context).get("accounts", {}).items()
    return _items(((str(one.get("address", "")), name) for name, one in found), beginning)


def rules(
    context: click.Context, _parameter: click.Parameter, beginning: str
) -> list[CompletionItem[str]]:
    """Return the rules of the configuration, each with what it watches."""
    found = _tables(context).get("rules", [])
    watched = ((one, one.get("folder") or ", ".join(one.get("paths", ()))) for one in found)
    return _items(((str(one.get("name", "")), what) for one, what in watched), beginning)


def mails(*states: State) -> Proposals:
    """Return what proposes mails in one of these states, each with its subject, newest first."""

    def find(
        context: click.Context, parameter: click.Parameter, beginning: str
    ) -> list[CompletionItem[str]]:
        from traymail.cli.show import STATES
        from traymail.store import glance

        session = _session(context)
        session.home.check()
        named = (
            (str(one.id), f"{session.translated(STATES[one.state])}: {one.subject}")
            for one in glance.mails(session.home.database, states, MOST)
        )
        taken = set(map(str, context.params.get(parameter.name or "") or ()))
        return [item for item in _items(named, beginning) if item.value not in taken]

    return find


def people(
    context: click.Context, parameter: click.Parameter, beginning: str
) -> list[CompletionItem[str]]:
    """Return the groups, and those whom the user has written to."""
    groups = _tables(context).get("groups", {}).items()
    named = ((name, ", ".join(map(str, people))) for name, people in groups)
    return [*_items(named, beginning), *mailboxes(context, parameter, beginning)]


def mailboxes(
    context: click.Context, _parameter: click.Parameter, beginning: str
) -> list[CompletionItem[str]]:
    """Return those whom the user has written to, where the names of groups mean nothing."""
    from traymail.store import glance

    session = _session(context)
    session.home.check()
    return _items(glance.people(session.home.database, beginning, MOST), beginning)


def _session(context: click.Context) -> Session:
    session = context.find_object(Session)
    if session is None:  # `main` gives it to every command
        raise LookupError(Session)
    return session


def _tables(context: click.Context) -> dict[str, Any]:
    """Return the configuration as it is written; one that does not fit is good enough here."""
    return _session(context).app.settings_file.document()


def _items(named: Iterable[tuple[str, str]], beginning: str) -> list[CompletionItem[str]]:
    """Return what begins so; a word that no shell could be given is left out."""
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(word, help=what)
        for word, what in named
        if word and word.startswith(beginning) and word.isprintable()
    ]
