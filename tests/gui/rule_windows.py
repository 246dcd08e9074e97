"""The rules page and the editor in the states their pictures and the clip test show."""

from __future__ import annotations

import tkinter as tk
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

from tests.gui.settings_frame import in_settings
from tests.support.accounts import ALERTS
from tests.support.unasked import UNASKED
from traymail.core.account import Account, Security
from traymail.core.errors import Problem
from traymail.core.kinds import ALL, FOLDER, LOG
from traymail.core.message import Address
from traymail.core.overview import Overview
from traymail.core.pattern_check import check_pattern
from traymail.core.reports import FlowStatus, LeftOut, LineShown, Preview, PreviewMail, RulePreview
from traymail.core.rules.folder import FolderRule
from traymail.core.rules.log import LogRule
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.ui.bridge import Background
from traymail.ui.dialogs.rules.cards import CardHandlers
from traymail.ui.dialogs.rules.editor import RuleEditor
from traymail.ui.dialogs.rules.page import RuleListView
from traymail.ui.model import rule_editor as model
from traymail.ui.model.rule_editor import Editing
from traymail.ui.model.rule_list import RuleList, cards
from traymail.ui.theme import Root
from traymail.ui.window import Window

ZH = "zh_CN"
NOW = datetime(2026, 11, 23, 9, 45, tzinfo=UTC)
QQ = Account(
    name="qq",
    address=Address("123456@qq.com", "Xiao Ming"),
    host="smtp.qq.com",
    port=465,
    security=Security.TLS,
    username="123456@qq.com",
    provider="qq",
)
SETTINGS = Settings(default_account="qq", accounts={"qq": QQ})


def _editor(root: Root, *states: Editing) -> RuleEditor:
    kind, before = states[0].kind, states[0].before
    background = cast("Background", None)
    window = RuleEditor(root, UNASKED, background, kind, before)
    for state in states:
        window.sheet.fill(state)
        window.screen.set_state(state)
    return window


def _folder(root: Root) -> Editing:
    zh = root.theme.language == ZH
    table = {
        "name": "扫描件" if zh else "Scans",
        "kind": "folder",
        "folder": "~/扫描" if zh else "~/Scans",
        "include": ["*.pdf", "*.jpg"],
        "to": ["boss@example.com"],
        "subject": "扫描件 {file.name}" if zh else "Scan {file.name}",
    }
    name = table["name"]
    return model.loaded(model.known(Editing(FOLDER, str(name)), SETTINGS), table)


def _files(root: Root) -> RulePreview:
    zh = root.theme.language == ZH
    files = (
        ("合同-0412.pdf" if zh else "contract-0412.pdf", 1_200_000),
        ("收据 7.jpg" if zh else "receipt 7.jpg", 640_000),
        ("收据 8.jpg" if zh else "receipt 8.jpg", 655_000),
    )
    mails = tuple(
        PreviewMail(
            f"扫描件 {name}" if zh else f"Scan {name}",
            ("boss@example.com",),
            f"{name}, 1.2 MB, 2026-11-23 09:41",
            ((name, size),),
        )
        for name, size in files
    )
    left = (
        LeftOut("/home/ming/Scans/notes.txt", text("no pattern of include matches it")),
        LeftOut(
            "/home/ming/Scans/big.pdf.part",
            text("its name is that of a file still being written"),
        ),
    )
    return RulePreview(Preview("Scans", 3, mails, left))


def folder(root: Root) -> Window:
    return _editor(root, model.previewed(_folder(root), _files(root)))


def folder_more(root: Root) -> Window:
    state = model.previewed(_folder(root), _files(root))
    window = _editor(root, replace(state, values={**state.values, "after": "move"}))
    window.sheet.form.unfold()
    return window


def folder_new(root: Root) -> Window:
    state = model.begun(model.known(Editing(FOLDER), SETTINGS), root.theme.say(text("New rule")))
    missing = (Problem("folder", text("must not be empty")),)
    return _editor(root, model.judged(state, missing))


def folder_first(root: Root) -> Window:
    state = replace(_folder(root), before=None)
    state = replace(state, values={**state.values, "existing": "skip"})
    return _editor(root, model.previewed(state, _files(root)))


def looking(root: Root) -> Window:
    return _editor(root, model.waiting(_folder(root)))


def errors(root: Root) -> Window:
    state = _folder(root)
    values = {**state.values, "folder": "/home/ming/Scanz", "to": "boss@example"}
    advice = text("Did you mean {name}?", name="Scans")
    problems = (
        Problem("folder", text("no such folder"), advice=advice),
        Problem(
            "to[0]",
            text("The domain of the address “{address}” is not valid", address="boss@example"),
        ),
    )
    return _editor(root, model.judged(model.edited(state, "folder", values), problems))


def clash(root: Root) -> Window:
    return _editor(root, replace(model.previewed(_folder(root), _files(root)), clash=True))


def trouble(root: Root) -> Window:
    words = text("{path} cannot be written to.", path="/home/ming/.config/traymail")
    return _editor(root, replace(model.previewed(_folder(root), _files(root)), trouble=words))


def _log(root: Root) -> Editing:
    name = "程序报错" if root.theme.language == ZH else "App errors"
    table = {
        "name": name,
        "kind": "log",
        "paths": ["/var/log/app/*.log"],
        "match": [r"(?P<level>ERROR|FATAL)\b"],
        "ignore": ["healthcheck"],
        "to": ["me@qq.com"],
        "subject": "[{host}] {rule}: {match.level}",
    }
    return model.loaded(model.known(Editing(LOG, name), SETTINGS), table)


def _lines(root: Root, to: str = "me@qq.com") -> RulePreview:
    name = "程序报错" if root.theme.language == ZH else "App errors"
    shown = (
        ("09:40:58 INFO  request /cart 200", False, False),
        ("09:41:02 ERROR payment: timeout", True, False),
        ("09:41:02 INFO  retry 1", False, False),
        ("09:41:09 ERROR payment: timeout", True, False),
        ("09:41:30 ERROR healthcheck slow", True, True),
        ("09:42:11 FATAL out of memory", True, False),
        ("09:42:12 INFO  restarting", False, False),
    )
    lines = tuple(
        LineShown(words, ((9, 14),) if marked else (), ignored) for words, marked, ignored in shown
    )
    mail = PreviewMail(f"[web-1] {name}: ERROR", (to,), shown[1][0])
    logs = ("/var/log/app/web.log", "/var/log/app/shop.log")
    return RulePreview(Preview(name, 3, (mail,), ()), lines, logs)


def log(root: Root) -> Window:
    return _editor(root, model.previewed(_log(root), _lines(root)))


def log_more(root: Root) -> Window:
    window = _editor(root, model.previewed(_log(root), _lines(root)))
    window.sheet.form.unfold()
    return window


def log_webhook(root: Root) -> Window:
    """One that is told by a webhook, which needs no recipient and takes no copies."""
    settings = replace(SETTINGS, accounts={"qq": QQ, ALERTS.name: ALERTS})
    state = model.known(_log(root), settings)
    state = model.previewed(state, _lines(root, ALERTS.address.mailbox))
    values = {**state.values, "to": "", "account": ALERTS.name}
    window = _editor(root, replace(state, values=values))
    window.sheet.form.unfold()
    return window


def log_errors(root: Root) -> Window:
    pattern = r"(?<=id: )ERROR"
    state = _log(root)
    state = model.edited(state, "match", {**state.values, "match": pattern})
    refused = check_pattern(pattern)
    assert refused is not None
    return _editor(root, model.judged(state, (Problem("match[0]", refused),)))


def _page(root: Root, overview: Overview) -> Window:
    acts = CardHandlers(lambda _name: None, lambda _name, _on: None, lambda _name, _step: None)

    def build(parent: tk.Misc) -> RuleListView:
        view = RuleListView(parent, acts, ALL, lambda _kind: None)
        view.show(RuleList(cards(overview, "/home/ming", NOW)))
        return view

    return in_settings(root, "rules", build)


def _overview(root: Root, *, rules: bool) -> Overview:
    zh = root.theme.language == ZH
    names = (
        ("扫描件", "程序报错", "备份没动静", "发票")
        if zh
        else ("Scans", "App errors", "Backup is silent", "Invoices")
    )
    scans, invoices = ("扫描", "发票") if zh else ("Scans", "Invoices")
    boss, me = (Address("boss@example.com"),), (Address("me@qq.com"),)
    found = (
        FolderRule(
            name=names[0],
            account="qq",
            to=boss,
            folder=f"/home/ming/{scans}",
            move_to="/home/ming/sent",
        ),
        LogRule(name=names[1], account="qq", to=me, paths=("/var/log/app/*.log",), match=("E",)),
        LogRule(name=names[2], account="qq", to=me, paths=("/var/log/backup.log",), match=("E",)),
        FolderRule(
            name=names[3],
            account="qq",
            enabled=False,
            to=(Address("accounting@example.com"),),
            folder=f"/home/ming/{invoices}",
            move_to="/home/ming/sent",
        ),
    )
    broken = text("{path} cannot be read: {reason}", path="/var/log/backup.log", reason="EIO")
    states = {
        names[0]: FlowStatus(True, 14, 14, last_match_at=NOW - timedelta(minutes=2)),
        names[1]: FlowStatus(True, 30, 3, last_match_at=NOW - timedelta(minutes=4), held=12),
        names[2]: FlowStatus(error=broken, last_match_at=NOW - timedelta(days=1)),
    }
    settings = replace(SETTINGS, rules=found if rules else ())
    return Overview(settings, {}, states, {}, paused=False, paused_until=None, kinds=ALL)


def page(root: Root) -> Window:
    return _page(root, _overview(root, rules=True))


def page_empty(root: Root) -> Window:
    return _page(root, _overview(root, rules=False))


RULES = {
    "rules": page,
    "rules-empty": page_empty,
    "rule-folder": folder,
    "rule-folder-new": folder_new,
    "rule-folder-first": folder_first,
    "rule-folder-more": folder_more,
    "rule-looking": looking,
    "rule-errors": errors,
    "rule-clash": clash,
    "rule-trouble": trouble,
    "rule-log": log,
    "rule-log-more": log_more,
    "rule-log-webhook": log_webhook,
    "rule-log-errors": log_errors,
}
