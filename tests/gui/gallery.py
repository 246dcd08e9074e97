"""Two windows that show every widget, to be looked at and to be clipped."""

from PIL import Image

from traymail.core.errors import Problem
from traymail.core.fields import Choice, Field, FieldKind, Section
from traymail.core.texts import text
from traymail.ui.action_bar import ActionBar
from traymail.ui.form import FormView
from traymail.ui.model.actions import Actions, Offered
from traymail.ui.model.rule_editor import RuleAct
from traymail.ui.theme import Root
from traymail.ui.widgets import (
    AddressField,
    Area,
    Attached,
    AttachmentStrip,
    Banner,
    Box,
    Button,
    Column,
    Empty,
    Label,
    Meter,
    Note,
    Progress,
    Row,
    ScrollArea,
    Segment,
    Segments,
    StepList,
    StepState,
    Suggestion,
    Switch,
    Table,
    UndoBar,
)
from traymail.ui.widgets.strips import UndoChoices
from traymail.ui.window import Dialog, Size

FORM = (
    Section(
        text("When a file arrives in"),
        (
            Field("folder", text("F&older"), FieldKind.FOLDER, text("Without its subfolders.")),
            Field("only", text("Onl&y"), default="*.pdf *.jpg"),
            Field("pattern", text("that &matches"), FieldKind.PATTERN, default=r"ERROR|FATAL"),
        ),
    ),
    Section(
        text("mail it"),
        (
            Field("to", text("To"), FieldKind.ADDRESSES, default="boss@example.com"),
            Field("host", text("Ser&ver, port"), default="smtp.qq.com"),
            Field("port", text("Port"), FieldKind.NUMBER, width=5, default="465", joined=True),
            Field(
                "security",
                text("Security"),
                FieldKind.CHOICE,
                choices=(Choice("tls", "SSL/TLS"), Choice("starttls", "STARTTLS")),
                default="tls",
                joined=True,
            ),
            Field(
                "account",
                text("Account"),
                FieldKind.CHOICE,
                choices=(Choice("qq", "qq · 123456@qq.com"), Choice("work", "work")),
                default="qq",
            ),
            Field("cap", text("At most"), FieldKind.NUMBER, width=5, unit=text("a minute")),
            Field("on", text("Watch"), FieldKind.SWITCH, default="true"),
            Field(
                "theme",
                text("Theme"),
                FieldKind.SEGMENTS,
                choices=(
                    Choice("system", text("As the system")),
                    Choice("light", text("Light")),
                    Choice("dark", text("Dark")),
                ),
                default="system",
            ),
            Field("body", text("Body"), FieldKind.LINES, text("Placeholders are filled in.")),
            Field("rare", text("Rare"), rare=True),
        ),
    ),
)
PROBLEMS = (
    Problem("folder", text("No such folder. Did you mean {x}?", x="~/Scans")),
    Problem("to[0]", text("An address needs a name with a dot after @.")),
)


class FormGallery(Dialog):
    """A form, a preview at its right, problems and their count."""

    def __init__(self, root: Root, *, problems: bool) -> None:
        super().__init__(root, text("Rule"), Size(960, 660, (900, 600)))
        px = self.theme.px
        preview = Area(self.body, "chrome", (24, 20))
        preview.configure(width=px(408))
        preview.pack_propagate(flag=False)
        preview.pack(side="right", fill="y")
        Label(preview, text("Preview"), "fg", "TmHead").pack(anchor="w")
        self._fill_preview(preview)
        scroll = ScrollArea(self.body, padding=(24, 20, 8, 20))
        scroll.pack(side="left", fill="both", expand=True)
        self.form = FormView(scroll.inner, FORM)
        self.form.pack(fill="x")
        wrong = self.form.show_problems(PROBLEMS)[0] if problems else 0
        self.bar: ActionBar[RuleAct] = ActionBar(
            self.footer, lambda _act: self.close(), self.form.jump
        )
        remove = Offered(text("Delete r&ule…"), RuleAct.REMOVE, kind="danger")
        cancel = Offered(text("&Cancel"), RuleAct.CANCEL)
        save = Offered(text("Save and watch"), RuleAct.SAVE, not wrong)
        self.bar.show(Actions((remove,), (cancel,), save, wrong=wrong))

    def _fill_preview(self, preview: Area) -> None:
        px = self.theme.px
        for fill, role in (("card", "fg"), ("okbg", "success"), ("warnbg", "warning")):
            box = Box(preview, fill, 14)  # type: ignore[arg-type] # surfaces
            box.pack(fill="x", pady=(px(10), 0))
            Label(box, "Invoice 2026-118", role, "TmStrong").pack(anchor="w")
            Note(
                box,
                text("The whole mail went out, but the connection broke before the answer."),
                "fg",
                font="TkDefaultFont",
            ).pack(fill="x", pady=(px(4), 0))
        box = Box(preview, "errbg", 14)
        box.pack(fill="x", pady=(px(10), 0))
        Note(box, text("Fix the marked fields to see what would be mailed."), "fg").pack(fill="x")
        Label(box, "535 Login fail", "muted", "TkFixedFont").pack(anchor="w")
        Empty(preview, "eye-slash", text("Nothing here yet"), text("Nothing here yet")).pack(
            fill="both", expand=True
        )


class WidgetGallery(Dialog):
    """Everything that is no form."""

    def __init__(self, root: Root) -> None:
        super().__init__(root, "traymail", Size(1100, 900, (1060, 880)))
        Banner(
            self.body, "info", text("This is a rehearsal: everything stays on this computer.")
        ).pack(fill="x")
        banner = Banner(
            self.body, "warn", text("This desktop shows no tray icons, so the menu is here.")
        )
        Button(banner.actions, text("Undo"), self.close).pack()
        banner.pack(fill="x")
        self.left = Area(self.body, padding=(20, 12))
        self.left.pack(side="left", fill="both", expand=True)
        self.right = Area(self.body, "chrome", (20, 12))
        self.right.configure(width=self.theme.px(440))
        self.right.pack_propagate(flag=False)
        self.right.pack(side="right", fill="y", before=self.left)
        for side in (self.left, self.right):
            self._buttons(side)
            self._switches(side)
        self._table()
        self._addresses()
        self._files()
        self._steps()
        self.footer.add_left(text("&Cancel"), self.close)
        self.footer.add(text("&Test"), self.close, icon="play")
        self.primary = self.footer.add(text("&Send"), self.close, "primary", icon="send")

    def _buttons(self, side: Area) -> None:
        row = Area(side)
        row.pack(fill="x")
        kinds = ("primary", "normal", "ghost", "link", "danger")
        gap = self.theme.px(6)
        for kind in kinds:
            button = Button(row, text("&Save"), self.close, kind, icon="gear")  # type: ignore[arg-type] # kinds
            button.pack(side="left", padx=(0, gap))
            if len(side.pack_slaves()) > 3:
                break
        off = Area(side)
        off.pack(fill="x", pady=(gap, 0))
        for kind in kinds[:3]:
            button = Button(off, text("&Save"), self.close, kind, icon="gear")  # type: ignore[arg-type] # kinds
            button.enable(False)
            button.pack(side="left", padx=(0, gap))
        for kind in ("nav", "chosen"):
            Button(side, text("Settings"), self.close, kind, icon="gear").pack(  # type: ignore[arg-type] # kinds
                fill="x", pady=(gap, 0)
            )

    def _switches(self, side: Area) -> None:
        row = Area(side)
        row.pack(fill="x", pady=(self.theme.px(8), 0))
        for on in (True, False):
            Switch(row, text("On"), on).pack(side="left")
        segments = (
            Segment("all", text("All"), count=128),
            Segment("sent", text("Sent"), "check-circle-fill", "success", 121),
            Segment("failed", text("Failed"), "x-circle-fill", "danger", 3),
        )
        Segments(side, segments, "all").pack(anchor="w", pady=(self.theme.px(8), 0))

    def _table(self) -> None:
        columns = (
            Column("subject", text("Subject"), 200, stretch=True),
            Column("to", text("To"), 120),
            Column("when", text("When"), 70, align="e"),
        )
        self.table = Table(self.left, columns)
        self.table.show(
            (
                Row("1", ("Drawings, 41 MB", "zhang.wei@example.com", "62 %"), "send", "link"),
                Row(
                    "2",
                    (
                        "扫描件 合同-0413.pdf 与另外很长很长很长很长很长很长的标题 and more",
                        "boss@example.com",
                        "09:58",
                    ),
                    "question-circle-fill",
                    "warning",
                ),
                Row("3", ("Draft", "li.na@example.com", "09:20"), "slash-circle", muted=True),
            )
        )
        self.table.select("2")
        self.table.pack(fill="both", expand=True, pady=self.theme.px(8))

    def _addresses(self) -> None:
        known = Suggestion("li.na@example.com", "Li Na")
        self.addresses = AddressField(
            self.left,
            lambda address: address if "." in address.partition("@")[2] else None,
            lambda _typed: (known, Suggestion("lily@lab.example", "Lily (home lab)")),
        )
        self.addresses.addresses = ("wang.wei@example.com", "li.na@exampel,com", "team@example.com")
        self.addresses.pack(fill="x")

    def _files(self) -> None:
        strip = AttachmentStrip(self.left, lambda _key: None)
        picture = Image.new("RGB", (64, 48), "#2b62c4")
        strip.show(
            (
                Attached("1", "screenshot-0941.png", "412 KB", thumbnail=picture),
                Attached(
                    "2", "floor plan of the whole new building.pdf", "13 MB", "file-earmark-pdf"
                ),
                Attached("3", "notes.txt", "1 KB"),
                Attached("4", "more notes.txt", "1 KB"),
            )
        )
        strip.pack(fill="x", pady=self.theme.px(8))
        meter = Meter(self.left)
        meter.show(0.27, text("{a} of {b}", a="13.4 MB", b="50 MB"), text("{n} files", n=4))
        meter.pack(fill="x")
        over = Meter(self.left)
        words = text(
            "{a} of {b}: {provider} would refuse this. Remove a file or zip it.",
            a="54 MB",
            b="50 MB",
            provider="QQ",
        )
        over.show(1.0, words, over=True)
        over.pack(fill="x", pady=(self.theme.px(6), 0))

    def _steps(self) -> None:
        names = (text("Find the server"), text("Connect"), text("Encrypt"), text("Log in"))
        steps = StepList(self.right, names)
        steps.show(0, StepState.DONE, "1.2.3.4", 12)
        steps.show(1, StepState.RUNNING)
        steps.show(2, StepState.FAILED, text("Refused"), 140)
        steps.pack(fill="x", pady=(self.theme.px(8), 0))
        Progress(self.right, "link", 0.4).pack(fill="x")
        bar = UndoBar(
            self.left,
            lambda s: text("Sending in {s} s", s=s),
            5,
            UndoChoices(lambda: None, lambda: None, lambda: None),
        )
        bar.pack(fill="x", pady=(self.theme.px(8), 0))
