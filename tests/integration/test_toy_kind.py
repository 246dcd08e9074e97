"""A third kind of rule needs one module and one row: `tests.support.toy_kind`."""

import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import in_process
from tests.support.homes import Home
from tests.support.live import at_sink, live
from tests.support.running import ADDRESS, CANARY
from tests.support.sink import serve
from tests.support.toy_kind import TOY
from tests.support.wait import until
from traymail.core.fields import fields_of
from traymail.core.reports import RulePreview
from traymail.core.sight import Sight
from traymail.core.texts import Text
from traymail.running import ALL
from traymail.running.kind import RunningKinds
from traymail.ui.model import rule_editor as model
from traymail.ui.model.help_state import findings
from traymail.ui.model.rule_editor import Editing, told
from traymail.ui.model.rule_form import drawn
from traymail.ui.model.rule_list import cards
from traymail.ui.model.rule_preview import sight

RULE = """
[[rules]]
name = "Tea"
kind = "time"
to = ["me@example.com"]
every = "{every}"
subject = "{{rule}}, number {{count}}"
"""
ACCOUNT = """\
version = 1
[accounts.main]
address = "me@example.com"
host = "mail.example.com"
"""


def kinds() -> RunningKinds:
    return (*ALL, TOY)


def test_commands_know_it(home: Home) -> None:
    home.configure(ACCOUNT + RULE.format(every="20m"))
    listed = json.loads(in_process(home, "rule", "list", "--json", rule_kinds=kinds).stdout)
    assert [(one["name"], one["kind"], one["watches"]) for one in listed] == [
        ("Tea", "time", ["20m"])
    ]
    checked = in_process(home, "rule", "check", rule_kinds=kinds)
    assert (checked.returncode, checked.stderr) == (0, "")
    tried = in_process(home, "rule", "test", "Tea", "--json", rule_kinds=kinds)
    mails = json.loads(tried.stdout)["mails"]
    assert [(mail["subject"], mail["to"]) for mail in mails] == [
        ("Tea, number 1", ["me@example.com"])
    ]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (RULE.format(every="never"), "rules[0].every: "),
        (RULE.format(every="1h").replace("every", "evry"), "Did you mean every?"),
        (RULE.format(every="1h").replace('"time"', '"tme"'), "Did you mean time?"),
        (RULE.format(every="1h").replace("{count}", "{conut}"), "{count}"),
        ('\nevery = "1h"\n', "It belongs to rules of kind “time”."),
    ],
)
def test_what_is_wrong_with_it_is_told(home: Home, written: str, told: str) -> None:
    home.configure(f"version = 1\n{written}" if "[[" not in written else ACCOUNT + written)
    checked = in_process(home, "rule", "check", rule_kinds=kinds)
    assert checked.returncode == 78
    assert told in checked.stderr


def test_without_its_row_nobody_knows_it(home: Home) -> None:
    home.configure(ACCOUNT + RULE.format(every="1h"))
    checked = in_process(home, "rule", "check")
    assert checked.returncode == 78
    assert 'must be one of "folder", "log"' in checked.stderr


def test_it_has_a_form_and_a_preview_and_runs(
    home: Home, certificates: Certificates, tmp_path: Path
) -> None:
    context = certificates.good.server_context()
    with (
        serve(context, user=ADDRESS, password=CANARY) as sink,
        live(
            home,
            at_sink(sink, certificates.ca_file),
            tmp_path / "secrets",
            rule_kinds=kinds,
        ) as running,
    ):
        services = running.services
        kind = services.rules.kinds[-1]
        assert [field.name for field in fields_of(drawn(kind))][:4] == [
            *("every", "to", "subject", "account")
        ]
        overview = services.program.overview()
        state = model.begun(model.known(Editing(kind), overview.settings), "New rule")
        state = model.edited(state, "every", {"every": "10 min", "to": "me@example.com"})
        assert state.values["name"] == "Each 10 min"
        state = model.judged(state, services.rules.check(state.table_now, None))
        assert str(told(state)["every"].what)
        state = model.edited(state, "every", {"every": "1s", "to": "me@example.com"})
        problems, preview = services.rules.look(state.table_now, None)
        assert isinstance(problems, tuple)
        assert isinstance(preview, RulePreview)
        state = model.judged(state, problems)
        assert told(state) == {}
        state = model.previewed(state, preview)
        shown = sight(state)
        assert isinstance(shown, Sight)
        assert str(shown.headline) == "Each 1s this mail would be sent:"
        assert shown.mail is not None
        assert shown.mail.subject.startswith("Each 1s at ")
        assert set(state.table_now) == {"name", "kind", "every", "to"}

        services.rules.save(state.table_now, None)
        until(lambda: len(sink.arrivals) > 1, what="two mails")
        mail = message_from_bytes(sink.arrivals[1].content, policy=policy.default)
        assert mail["X-Traymail-Rule"] == "Each 1s"
        assert mail.get_content().strip() == "Number 2"
        status = running.app.instance.ask({"command": "status"})["rules"]["Each 1s"]
        assert (status["watching"], status["error"]) == (True, None)
        assert status["matched"] >= 2

        overview = services.program.overview()
        [card] = cards(overview, "", running.app.clock.now())
        assert (card.kind, card.sign, str(card.does)) == ("time", "clock", "1s → me@example.com")
        found = findings(overview)[-1]
        assert (found.icon, isinstance(found.state, Text)) == ("clock", True)

        services.rules.enable("Each 1s", enabled=False)
        assert "Each 1s" not in services.program.overview().rules
