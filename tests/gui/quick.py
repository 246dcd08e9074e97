"""The quick-send window in the states its pictures and the clip test show, without a program."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from PIL import Image

from tests.support.accounts import ALERTS
from traymail.core.account import Account, Security
from traymail.core.message import Address
from traymail.core.overview import SavedDraft
from traymail.core.shown import PICTURE
from traymail.core.texts import text
from traymail.ui.dialogs.quick_send.view import QuickSendSheet
from traymail.ui.form import Helpers
from traymail.ui.model.completion import chip
from traymail.ui.model.quick_judge import asked_to_send
from traymail.ui.model.quick_send import DraftStage, File, QuickSend, SmallPicture, Standing
from traymail.ui.theme import Root
from traymail.ui.widgets import Suggestion
from traymail.ui.window import Size, Window

ZH = "zh_CN"
KNOWN = (
    Suggestion("li.na@example.com", "Li Na"),
    Suggestion("li.qiang@example.cn", "Li Qiang"),
    Suggestion("lily@lab.example", "Lily (home lab)"),
)


def an_account(language: str) -> Account:
    return Account(
        name="qq",
        address=Address("123456@qq.com", "小明" if language == ZH else "Xiao Ming"),
        host="smtp.qq.com",
        port=465,
        security=Security.TLS,
        username="123456@qq.com",
        provider="qq",
        max_message_bytes=50_000_000,
        undo=timedelta(seconds=5),
    )


class Still:
    """Acts that do nothing."""

    def __getattr__(self, name: str) -> object:
        return lambda *_: None


def written(language: str) -> SavedDraft:
    if language == ZH:
        subject, body = (
            "会议室屏幕截图 11月23日",
            "两位好：\n\n三号会议室的屏幕从今天早上起就是这样，新的座位平面图也一并附上。\n\n谢谢！",
        )
    else:
        subject = "Meeting room screen, 23 Nov"
        body = (
            "Hi both,\n\nthe screen in room 3 shows this since this morning. The plan with the new "
            "seats is attached as well.\n\nThanks!"
        )
    return SavedDraft(to=("wang.wei@example.com", "team@example.com"), subject=subject, body=body)


def attached(language: str) -> tuple[File, File]:
    """A picture and a plan."""
    picture, plan = ("屏幕截图-0941.png", "平面图.pdf")
    if language != ZH:
        picture, plan = ("screenshot-0941.png", "floor plan.pdf")
    return File("/1", picture, 412_000), File("/2", plan, 9_500_000)


class QuickPicture(Window):
    """The content of the window in one state."""

    def __init__(self, root: Root, state: QuickSend) -> None:
        super().__init__(root, text("New mail"), Size(600, 560, (480, 420)))
        screenshot = Image.new("RGB", (96, 90), "#e8eaf2")
        screenshot.paste("#2b5cb8", (0, 0, 96, 16))
        names = {"wang.wei@example.com": "王伟" if root.theme.language == ZH else "Wang Wei"}
        helpers = Helpers(lambda words: chip(words, names), lambda _typed: KNOWN)
        self.sheet = QuickSendSheet(self, Still(), helpers, {"/1": screenshot})  # type: ignore[arg-type] # acts that do nothing
        self.sheet.pack(fill="both", expand=True)
        self.sheet.fill(state.written)
        self.sheet.draw(state)


def _state(root: Root, **changes: object) -> QuickSend:
    language = root.theme.language
    standing = Standing(known=True, accounts={"qq": an_account(language)}, default="qq")
    state = QuickSend(standing, written(language), files=attached(language))
    return replace(state, **changes)  # type: ignore[arg-type] # fields of the state


def usual(root: Root) -> Window:
    return QuickPicture(root, _state(root))


def empty(root: Root) -> Window:
    return QuickPicture(root, _state(root, written=SavedDraft(), files=()))


def webhook(root: Root) -> Window:
    """One that takes a subject and a text alone."""
    standing = Standing(known=True, accounts={"alerts": ALERTS}, default="alerts")
    return QuickPicture(root, QuickSend(standing, SavedDraft(body="full")))


def no_account(root: Root) -> Window:
    return QuickPicture(root, QuickSend(Standing(known=True)))


class UndoPicture(QuickPicture):
    """What has just been sent: the button has the keyboard."""

    def on_show(self) -> None:
        self.sheet.draw(_state(self.root, stage=DraftStage.WAITING, mail=1, seconds=5))


def undo(root: Root) -> Window:
    return UndoPicture(root, _state(root))


def asking(root: Root) -> Window:
    window = QuickPicture(root, _state(root))
    window.sheet.draw(_state(root, stage=DraftStage.ASKING))
    return window


def no_dot(root: Root) -> Window:
    window = QuickPicture(root, _state(root))
    written = replace(_state(root).written, to=("wang.wei@a-rather-long-name-of-a-computer",))
    asked = asked_to_send(_state(root, written=written))
    window.sheet.draw(asked)
    return window


def offline(root: Root) -> Window:
    standing = _state(root).standing
    return QuickPicture(root, _state(root, standing=replace(standing, offline=frozenset({"qq"}))))


def too_big(root: Root) -> Window:
    picture, plan = attached(root.theme.language)
    return QuickPicture(root, _state(root, files=(picture, replace(plan, size=39_800_000))))


def large_pictures(root: Root) -> Window:
    picture, plan = attached(root.theme.language)
    small = SmallPicture(1600, picture.path, 310_000)
    draft = replace(written(root.theme.language), pictures=1600)
    files = (replace(picture, size=4_200_000, longest=4032, small=small), plan)
    return QuickPicture(root, _state(root, written=draft, files=files))


def shown_picture(root: Root) -> Window:
    """A picture in the text, and one beside it that could be shown there, too."""
    draft = written(root.theme.language)
    head, _, rest = draft.body.partition("\n\n")
    draft = replace(draft, body=f"{head}\n\n{PICTURE}\n{rest}", shown=("/3",))
    shown = File("/3", "picture-20261123-0941.png", 120_000)
    state = _state(root, written=draft, files=(*attached(root.theme.language), shown))
    window = QuickPicture(root, state)
    screen = Image.new("RGB", (260, 120), "#e8eaf2")
    screen.paste("#2b5cb8", (0, 0, 260, 22))
    window.sheet.body.text.show_picture("/3", screen)
    return window


def bad_address(root: Root) -> Window:
    draft = replace(written(root.theme.language), to=("wang.wei@example.com", "li.na@"))
    return QuickPicture(root, _state(root, written=draft))


def full(root: Root) -> Window:
    """Copies unfolded, more files than fit, one of them gone, Markdown, something went wrong."""
    draft = replace(
        written(root.theme.language),
        cc=("li.na@example.com",),
        bcc=("boss@example.com",),
        markdown=True,
    )
    picture, plan = attached(root.theme.language)
    files = (
        picture,
        replace(plan, trouble=text("It is not there any more.")),
        *(File(f"/more/{number}", f"notes of meeting {number}.txt", 1000) for number in range(5)),
    )
    trouble = text("{path} is a folder.", path="/home/ming/plan")
    return QuickPicture(root, _state(root, written=draft, files=files, trouble=trouble))


def many(root: Root) -> Window:
    """More recipients and files than there is room for."""
    people = tuple(f"colleague{number}@example.com" for number in range(50))
    draft = replace(written(root.theme.language), to=people, cc=people, bcc=people)
    files = tuple(File(f"/more/{number}", f"notes {number}.txt", 1000) for number in range(30))
    return QuickPicture(root, _state(root, written=draft, files=files))


class CompletionPicture(QuickPicture):
    """Somebody types."""

    def on_show(self) -> None:
        entry = self.sheet.head.to.entry
        entry.focus_force()
        self.update()
        entry.insert("end", "li")


def completion(root: Root) -> Window:
    draft = replace(written(root.theme.language), to=("wang.wei@example.com",))
    return CompletionPicture(root, _state(root, files=(), written=draft))


QUICK = {
    "quick-send": usual,
    "quick-send-picture": shown_picture,
    "quick-send-empty": empty,
    "quick-send-no-account": no_account,
    "quick-send-webhook": webhook,
    "quick-send-undo": undo,
    "quick-send-no-subject": asking,
    "quick-send-no-dot": no_dot,
    "quick-send-offline": offline,
    "quick-send-too-big": too_big,
    "quick-send-large-pictures": large_pictures,
    "quick-send-error": bad_address,
    "quick-send-full": full,
    "quick-send-many": many,
    "quick-send-completion": completion,
}
