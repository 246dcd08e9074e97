"""The editor of a rule: what is told, what is kept, what may be saved."""

from dataclasses import replace

import pytest

from traymail.core.account import Account, Security
from traymail.core.errors import InputError, Problem, SettingsError
from traymail.core.kinds import ALL, FOLDER
from traymail.core.message import Address
from traymail.core.reports import Preview, PreviewMail, RulePreview
from traymail.core.robots import GROUP, WecomAccount
from traymail.core.rule_kind import kind_named
from traymail.core.rules.folder import FolderRule
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.ui.model import rule_editor as model
from traymail.ui.model.rule_editor import Editing, EditorWork, told

ACCOUNT = Account(
    name="qq",
    address=Address("123456@qq.com"),
    host="smtp.qq.com",
    port=465,
    security=Security.TLS,
    username="123456@qq.com",
)
OTHER = FolderRule(
    name="Scans", account="qq", to=(Address("a@b.example"),), folder="/s", move_to="/s/sent"
)
SETTINGS = Settings(default_account="qq", accounts={"qq": ACCOUNT}, rules=(OTHER,))
TABLE = {"name": "Scans", "kind": "folder", "folder": "/s", "to": ["a@b.example"]}
BAD = text("bad")
PREVIEW = RulePreview(
    Preview("Scans", 2, (PreviewMail("a", ("b",), "c"), PreviewMail("d", ("e",), "f")), ())
)


def new(kind: str = "folder") -> Editing:
    return model.begun(model.known(Editing(kind_named(kind, ALL)), SETTINGS), "New rule")


def old() -> Editing:
    return model.loaded(model.known(Editing(FOLDER, "Scans"), SETTINGS), TABLE)


def put(state: Editing, name: str, words: str) -> Editing:
    return model.edited(state, name, {**state.values, name: words})


def test_what_the_account_takes_none_of_is_barred_while_nothing_stands_there() -> None:
    robot = WecomAccount(name="team", address=GROUP)
    settings = replace(SETTINGS, accounts={"qq": ACCOUNT, "team": robot})
    state = model.known(old(), settings)
    assert model.barred(state) == {}
    state = put(state, "account", "team")
    assert {name: str(words) for name, words in model.barred(state).items()} == {
        "cc": "A WeCom robot takes no Cc.",
        "bcc": "A WeCom robot takes no Bcc.",
    }
    # It is to be taken out, and so it can be.
    assert list(model.barred(put(state, "cc", "a@b.example"))) == ["bcc"]
    assert model.barred(put(state, "account", "qq")) == {}
    state = model.known(state, replace(settings, default_account="team"))
    assert list(model.barred(put(state, "account", ""))) == ["cc", "bcc"]
    assert model.barred(put(state, "account", "gone")) == {}


def test_a_hint_is_told_beside_problems_and_stops_nothing() -> None:
    hint = Problem("folder", text("odd"), hint=True)
    state = model.judged(replace(old(), preview=PREVIEW), (hint,))
    assert (told(state), model.remarks(state)) == ({}, {"folder": hint})
    assert state.preview is PREVIEW
    assert may_save(state)
    assert model.remarks(put(state, "folder", "/x")) == {}
    wrong = model.judged(state, (Problem("folder", BAD), hint))
    assert list(told(wrong)) == ["folder"]
    assert model.remarks(wrong) == {}


def test_a_new_rule_has_nothing_to_save_and_a_free_name() -> None:
    assert not new().changed
    assert new().values["name"] == "New rule"
    state = model.begun(model.known(Editing(FOLDER), SETTINGS), "Scans")
    assert state.values["name"] == "Scans 2"


@pytest.mark.parametrize(
    ("kind", "field", "typed", "name"),
    [
        ("folder", "folder", "~/Invoices", "Invoices"),
        ("folder", "folder", "/home/me/Scans", "Scans 2"),
        ("folder", "folder", "~", "New rule"),
        ("folder", "folder", "", "New rule"),
        ("folder", "subject", "x", "New rule"),
        ("log", "paths", "/var/log/app.log\n/b.log", "app"),
        ("log", "paths", "/var/log/web/*.log", "web"),
    ],
)
def test_a_new_rule_is_called_after_what_it_watches(
    kind: str, field: str, typed: str, name: str
) -> None:
    assert put(new(kind), field, typed).values["name"] == name


def test_a_name_of_the_users_own_stays() -> None:
    state = put(put(new(), "name", "Mine"), "folder", "~/Invoices")
    assert state.values["name"] == "Mine"
    assert put(old(), "folder", "~/Invoices").values["name"] == "Scans"


def test_only_fields_that_were_touched_are_complained_of() -> None:
    problems = (Problem("folder", BAD), Problem("to[1]", BAD))
    state = put(model.judged(new(), problems), "folder", "/x")
    assert told(state) == {}, "the problem of what stood there before"
    state = model.judged(state, problems)
    assert list(told(state)) == ["folder"]
    assert list(told(put(state, "folder", "/y"))) == ["folder"], "until it is judged anew"
    assert list(told(model.saving(state))) == ["folder", "to"]


def test_all_problems_of_a_saved_rule_are_told_at_once() -> None:
    state = model.judged(old(), (Problem("max_bytes", BAD), Problem("name", BAD)))
    assert list(told(state)) == ["name", "max_bytes"]


def test_a_problem_of_no_field_is_told_above() -> None:
    state = model.judged(old(), (Problem("accounts.qq.port", BAD),))
    strip = model.strip(state)
    assert strip is not None
    assert (str(strip.words), strip.bad) == ("accounts.qq.port: bad", True)
    strip = model.strip(model.judged(old(), (Problem("", BAD),)))
    assert strip is not None
    assert str(strip.words) == "bad"
    assert model.strip(put(state, "subject", "x")) is None


def test_a_preview_comes_and_goes_with_what_is_wrong() -> None:
    state = model.waiting(old())
    assert state.looking
    state = model.previewed(state, PREVIEW)
    assert (state.looking, state.preview) == (False, PREVIEW)
    assert model.judged(state, ()).preview is PREVIEW
    wrong = model.judged(model.waiting(state), (Problem("to", BAD),))
    assert (wrong.preview, wrong.looking) == (None, False)


def test_a_preview_that_cannot_be_made_says_why() -> None:
    error = InputError(text("It cannot be read"), text("Look at it."))
    state = model.not_previewed(model.waiting(old()), error)
    assert (str(state.unseen), state.preview, state.looking) == (
        "It cannot be read. Look at it.",
        None,
        False,
    )
    state = model.not_previewed(model.waiting(old()), SettingsError((Problem("to", BAD),)))
    assert (list(told(state)), state.looking) == (["to"], False)


def test_the_mails_of_a_preview_are_turned() -> None:
    state = model.previewed(old(), PREVIEW)
    state = model.turn(state, 1)
    assert state.mail == 1
    assert model.turn(state, 1).mail == 1
    assert model.turn(model.turn(state, -1), -1).mail == 0
    fewer = RulePreview(Preview("Scans", 0, (), ()))
    assert model.previewed(state, fewer).mail == 0
    assert model.turn(old(), 1).mail == 0


def test_saving_is_refused_or_fails_and_goes_on() -> None:
    state = model.saving(old())
    assert state.work is EditorWork.SAVING
    refused = model.refused(state, (Problem("to", BAD),))
    assert (refused.work, list(told(refused))) == (EditorWork.NONE, ["to"])
    assert list(told(model.failed(state, SettingsError((Problem("to", BAD),))))) == ["to"]
    failed = model.failed(model.removing(old()), InputError(text("No")))
    assert (failed.work, str(failed.trouble)) == (EditorWork.NONE, "No")


def test_a_rule_that_cannot_be_read_has_no_form() -> None:
    state = model.not_loaded(Editing(FOLDER, "Scans"), InputError(text("No.")))
    assert (state.work, str(state.trouble), state.values) == (EditorWork.LOADING, "No.", {})


def may_save(state: Editing) -> bool:
    save = model.buttons(state).primary
    return save is not None and save.enabled


def test_the_bar_below() -> None:
    def bar(state: Editing) -> tuple[bool, list[bool], str]:
        found = model.buttons(state)
        return may_save(state), [one.enabled for one in found.left], str(found.all[-1].words)

    assert bar(new()) == (True, [], "&Save and watch")
    assert bar(old()) == (True, [True], "&Save and watch")
    assert bar(put(old(), "enabled", "false"))[2] == "&Save"
    assert bar(model.saving(old())) == (False, [False], "Saving…")
    assert bar(model.removing(old()))[1] == [False]
    wrong = model.judged(old(), (Problem("to", BAD),))
    assert (may_save(wrong), str(model.buttons(wrong).said)) == (False, "1 field needs you")
    assert may_save(model.judged(new(), (Problem("to", BAD),)))
    assert not may_save(Editing(FOLDER))


def test_what_the_file_says_now_is_taken_in() -> None:
    state = put(old(), "subject", "Mine")
    state = model.followed(state, {**TABLE, "enabled": False})
    assert (state.values["enabled"], state.values["subject"]) == ("false", "Mine")
    assert not state.clash
    assert state.changed
    state = model.followed(state, {**TABLE, "subject": "Theirs"})
    assert (state.values["subject"], state.values["enabled"], state.clash) == ("Mine", "true", True)
    strip = model.strip(state)
    assert strip is not None
    assert (strip.reload, strip.bad) == (True, False)
    state = model.by_file(state)
    assert (state.values["subject"], state.clash, state.changed) == ("Theirs", False, False)


def test_the_same_change_on_both_sides_is_no_clash() -> None:
    state = model.followed(put(old(), "subject", "Same"), {**TABLE, "subject": "Same"})
    assert (state.clash, state.changed) == (False, False)


def test_a_rule_that_is_gone_is_added_again() -> None:
    state = model.gone(old())
    assert (state.before, state.changed) == (None, True)
    assert state.table_now == TABLE
    assert model.strip(state) is not None
    assert model.strip(old()) is None


def test_accounts_to_choose_from() -> None:
    first, second = model.account_choices(old())
    assert (first.value, str(first.words)) == ("", "qq · 123456@qq.com (default)")
    assert (second.value, str(second.words)) == ("qq", "qq · 123456@qq.com")
    (none,) = model.account_choices(replace(old(), accounts={}, default=""))
    assert (none.value, str(none.words)) == ("", "none chosen")
