"""Each kind of rule has its row wherever kinds are asked for."""

from traymail import running
from traymail.core import kinds
from traymail.core.fields import fields_of
from traymail.core.keys import rows_of
from traymail.core.rule import Rule


def test_every_kind_runs() -> None:
    assert [one.kind for one in running.ALL] == list(kinds.ALL)


def test_kinds_are_told_apart() -> None:
    names = [one.name for one in kinds.ALL]
    assert len({*names}) == len(names)
    assert len({str(one.begin) for one in kinds.ALL}) == len(names)


def test_every_kind_has_the_keys_of_all() -> None:
    for kind in kinds.ALL:
        assert rows_of(Rule).keys() <= kind.form.keys.keys()
        assert kind.source_key in {field.name for field in fields_of(kind.asks)}
