"""Changes of the configuration's document that keep its comments and its order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit import TOMLDocument

from traymail.core.errors import InputError
from traymail.core.texts import text

Values = Mapping[str, Any]


def put_value(document: TOMLDocument, key: str, value: object) -> None:
    """Set a top-level value; it must stand before the first table."""
    if key in document:
        document[key] = value
        return
    first = next((name for name, item in document.items() if _is_table(item)), None)
    if first is None:
        document.add(key, tomlkit.item(value))
        return
    rest = {name: document.pop(name) for name in list(document)[list(document).index(first) :]}
    document.add(key, tomlkit.item(value))
    for name, item in rest.items():
        document.add(name, item)


def accounts_of(document: TOMLDocument) -> Any:  # noqa: ANN401 # a table or what stands for one
    """Return the table of the accounts, a new one where there is none."""
    accounts = document.get("accounts")
    if accounts is None:
        accounts = tomlkit.table(is_super_table=True)
        document.add("accounts", accounts)
    return accounts


def put_account(document: TOMLDocument, name: str, values: Values) -> None:
    """Add an account, or make its table hold just these values."""
    accounts = accounts_of(document)
    if len(accounts) == 1 and name not in accounts and "default_account" not in document:
        put_value(document, "default_account", next(iter(accounts)))
    if name not in accounts:
        accounts[name] = tomlkit.table()
    _fill(accounts[name], values)
    _keep_only(accounts[name], values)


def put_rule(document: TOMLDocument, values: Values, before: str | None) -> int:
    """Add a rule, or change the one named ``before``; None takes a key out. Return its index."""
    rules: Any = document.get("rules")
    if rules is None:
        rules = tomlkit.aot()
        document.add("rules", rules)
        rules = document["rules"]
    if before is None:
        rules.append(tomlkit.table())
        index = len(rules) - 1
    else:
        index = _index(rules, before)
    _fill(rules[index], values)
    return index


def drop_rule(document: TOMLDocument, name: str) -> None:
    """Take a rule out; raises InputError when there is none."""
    rules: Any = document.get("rules", [])
    del rules[_index(rules, name)]
    if not rules:
        del document["rules"]


def put_group(document: TOMLDocument, name: str, people: Sequence[str], before: str | None) -> None:
    """Add a group of recipients, or change the one named ``before``."""
    groups: Any = document.get("groups")
    if groups is None:
        groups = tomlkit.table()
        document.add("groups", groups)
        groups = document["groups"]
    if before is not None and before != name:
        groups.pop(before, None)
    if name not in groups or list(groups[name]) != list(people):
        groups[name] = list(people)


def drop_group(document: TOMLDocument, name: str) -> None:
    """Take a group out; one that is gone already is as good."""
    groups: Any = document.get("groups", {})
    groups.pop(name, None)
    if not groups:
        document.pop("groups", None)


def rename_recipient(document: TOMLDocument, rule: str, before: str, name: str) -> None:
    """Let a rule name a recipient otherwise; raises InputError when there is no such rule."""
    rules: Any = document.get("rules", [])
    table = rules[_index(rules, rule)]
    for key in ("to", "cc", "bcc"):
        for at, one in enumerate(table.get(key, ())):
            if str(one).strip().casefold() == before.casefold():
                table[key][at] = name


def _fill(table: Any, values: Values) -> None:  # noqa: ANN401 # tomlkit's tables are loosely typed
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        elif isinstance(value, Mapping):
            if not isinstance(table.get(key), Mapping):
                table[key] = tomlkit.inline_table()
            _fill(table[key], value)
        elif key not in table or table[key] != value:
            table[key] = value


def _keep_only(table: Any, values: Values) -> None:  # noqa: ANN401 # tomlkit's tables are loosely typed
    for key in list(table):
        if key not in values:
            del table[key]
        elif isinstance(values[key], Mapping):
            _keep_only(table[key], values[key])


def _index(rules: Any, name: str) -> int:  # noqa: ANN401 # tomlkit's arrays are loosely typed
    for index, rule in enumerate(rules):
        if rule.get("name") == name:
            return index
    raise InputError(text("There is no rule {name}.", name=name))


def _is_table(item: object) -> bool:
    return isinstance(item, tomlkit.items.Table | tomlkit.items.AoT)
