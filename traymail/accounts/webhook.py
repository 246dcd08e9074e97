"""Accounts that are a webhook: a mail becomes a message where its address leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from traymail.accounts.service import (
    API_URL,
    OVERFLOW,
    ServicePlace,
    api_url_of,
    may_be_asked,
    service_place,
)
from traymail.accounts.service import where as shown_place
from traymail.core import validators as read
from traymail.core.account import AccountTable
from traymail.core.account_kind import AccountKind, SecretWords, with_given
from traymail.core.connection_test import Step
from traymail.core.errors import InputError, Problem
from traymail.core.fields import Choice, Field, FieldKind
from traymail.core.keys import key, table_form
from traymail.core.robots import CUT, Overflow, is_mention, mention
from traymail.core.tables import CA_FILE, RobotTable
from traymail.core.template import human_size
from traymail.core.texts import Text, text
from traymail.core.validators import place_of
from traymail.core.webhook_answers import Success, compile_success
from traymail.core.webhook_body import BodyTemplate, compile_body, message
from traymail.core.webhooks import (
    ANY,
    BY_NAME,
    CUSTOM,
    DEFAULT_MOST_BYTES,
    NOWHERE,
    PRESETS,
    Calling,
    FilesTaken,
    Preset,
    Signing,
    WebhookAccount,
    usual_body,
    usual_success,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from traymail.core import fields
    from traymail.core.message import Address, Attachment, Draft
    from traymail.core.ports import Clock, Sender, SenderTools
    from traymail.core.secret import Secret, ToldSecrets
    from traymail.core.table_reader import Read

T = TypeVar("T")
_STEPS = (
    text("Make a robot or a webhook where messages are to arrive, or choose one that is there"),
    text("Copy its whole address and paste it below"),
    text("Where it signs messages, add a space and the secret of the signature"),
)
# What stands in the field behind the address, and is easily looked for in a field of its own.
_BEHIND = {
    Signing.DINGTALK: text(
        "Copy and paste it. Where messages are signed, add a space and the secret of the signature "
        "(SEC…)."
    ),
    Signing.FEISHU: text(
        "Copy and paste it. Where messages are signed, add a space and the secret of the signature."
    ),
    Signing.BEARER: text(
        "Copy and paste it. Where the topic is protected, add a space and the access token (tk_…)."
    ),
}
_OWN_PLACE = text("A webhook writes to its own place only.")
_MENTIONS = text(
    "A webhook writes to its own place only; there it mentions people by user id or mobile number."
)
_CUSTOM_ONLY = text("is for the preset “custom” only")


def _preset(value: object) -> Preset:
    return BY_NAME[read.one_of(*BY_NAME)(value)]


def _compiled(compile_words: Callable[[str], T]) -> Callable[[object], T]:
    """Return a reader of a text that means something."""

    def reader(value: object) -> T:
        try:
            return compile_words(read.words(value))
        except InputError as error:
            raise read.invalid(error.title, error.advice) from error

    return reader


def _own(account: WebhookAccount) -> str:
    """Return what a webhook of no known service is sent and answers, as it is written."""
    if account.preset.name != CUSTOM:
        return ""
    body, success = map(_quoted, (account.body.words, account.success.words))
    return f"{{ body = {body}, success = {success}, max_bytes = {account.most} }}"


def _quoted(words: str) -> str:
    """Return a text of TOML; JSON is read best without escapes."""
    if words.isprintable() and "'" not in words:
        return f"'{words}'"
    import json  # seldom needed

    return json.dumps(words, ensure_ascii=False)


_OWNS = text("It belongs to accounts of kind “webhook”.")
EXAMPLE_BODY = '{"text": "{text}"}'
EXAMPLE = f"""{{ body = '{EXAMPLE_BODY}', success = "HTTP == 200" }}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookTable:
    """What a webhook of no known service is sent, and what it answers, as written."""

    body: BodyTemplate = field(metadata=key(_compiled(compile_body)))
    success: Success | None = field(default=None, metadata=key(_compiled(compile_success)))
    max_bytes: int = field(default=DEFAULT_MOST_BYTES, metadata=key(read.whole(1, 10_000_000)))


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTable(RobotTable):
    """A webhook as written."""

    preset: Preset = field(
        metadata=key(
            _preset,
            Field(
                "",
                text("Serv&ice"),
                FieldKind.CHOICE,
                text("Who shows the messages; what another one is sent stands under “More”."),
                choices=tuple(Choice(one.name, one.title) for one in PRESETS),
                default=PRESETS[0].name,
            ),
            stand_in=CUSTOM,
            of=lambda account: account.preset.name,
        )
    )
    overflow: Overflow = field(
        default=Overflow.CUT,
        metadata=key(
            read.choice(Overflow),
            replace(
                OVERFLOW,
                help=text("What becomes of a message that is longer than the service takes."),
                default=Overflow.CUT.value,
            ),
        ),
    )
    webhook: HookTable | None = field(
        default=None,
        metadata=key(
            table_form(HookTable, _OWNS),
            Field(
                "",
                text("&Another one"),
                help=text("What another service is sent and answers: {like}", like=EXAMPLE),
                rare=True,
            ),
            after="undo_seconds",
            of=_own,
        ),
    )
    api_url: ServicePlace | None = field(
        default=None,
        metadata=key(
            service_place,
            replace(API_URL, help=text("Empty for the one in the address; https:// and a host.")),
            after="webhook",
            of=lambda account: api_url_of(account, "") if account.elsewhere else "",
        ),
    )
    ca_file: str = field(default="", metadata=key(read.path_or_empty, CA_FILE, after="api_url"))


class WebhookKind(AccountKind[WebhookAccount]):
    """`traymail.core.account_kind.AccountKind` of webhooks."""

    name = "webhook"
    form = table_form(WebhookTable, _OWNS)
    above = ("preset", "overflow")
    title = text("Webhook")
    about = text("Messages in DingTalk, Feishu, Telegram, ntfy, Bark and others.")
    test = ("dns", "tcp", "tls", "mail")
    diagnosis = ("dns", "tcp", "tls", "clock")
    login = ("preset", "api_url")
    login_by_mail = True
    secret_label = text("Webhook")
    cannot = MappingProxyType(
        {
            "given": text("A webhook sends no whole message of another program."),
            "to": _OWN_PLACE,
            "cc": text("A webhook takes no Cc."),
            "bcc": text("A webhook takes no Bcc."),
            "html": text("A webhook takes no HTML."),
            "files": text("A webhook takes no files."),
        }
    )

    def made_of(
        self, name: str, table: Read[WebhookTable], where: str, found: list[Problem]
    ) -> WebhookAccount:
        """Return the webhook; what a secret is bound to is the service and the account's name."""
        given, own = table.value, table.value.webhook
        preset = given.preset
        if not table.bad & {"preset", "webhook"}:
            found += _own_problems(preset, own, place_of(where, "webhook"))
        place = given.api_url or ServicePlace(preset.host or NOWHERE)
        account = WebhookAccount(
            name=name,
            address=preset.receiver,
            max_message_bytes=preset.max_message_bytes,
            host=place.host,
            port=place.port,
            security=place.security,
            username=name,
            provider=f"{self.name}:{preset.name}",
            ca_file=given.ca_file,
            preset=preset,
            overflow=given.overflow,
            elsewhere=given.api_url is not None,
            body=own.body if own else usual_body(preset),
            success=(own and own.success) or usual_success(preset),
            most=own.max_bytes if own else preset.most,
        )
        return with_given(account, given, preset.limits)

    def make_sender(self, account: WebhookAccount, tools: SenderTools) -> Sender:
        """Return a way to post its messages."""
        from traymail.senders.webhook import WebhookSender

        return WebhookSender(account, tools)

    def connection_test(
        self,
        account: WebhookAccount,
        secret: Secret | None,
        clock: Clock,
        told: ToldSecrets,
        *,
        login_worked: bool,
    ) -> Generator[Step, None, None]:
        """Try the server up to the encryption: only a message would show more."""
        from traymail.senders.probe import http_connection_test

        del login_worked
        try:
            there = _reached(account, secret)
        except InputError as error:
            yield Step("dns", False, None, error.title, error.advice)  # noqa: FBT003 # ok
            yield from (Step(name, None) for name in self.diagnosis[1:])
            return
        yield from http_connection_test(there, clock, told)

    def group(self, account: WebhookAccount) -> Address | None:
        """Return what stands for whoever reads there."""
        return account.preset.receiver

    def named(self, account: WebhookAccount, words: str) -> Address | None:
        """Return somebody of the group, or all of it: services without any say so (wrong_to)."""
        del account
        return mention(words)

    def wrong_to(self, account: WebhookAccount, to: tuple[Address, ...]) -> Text | None:
        """Return why the service mentions none of these."""
        if account.preset.calling is Calling.NOBODY:
            return super().wrong_to(account, to)
        named = account.called([one.mailbox for one in to])
        return None if all(map(is_mention, named)) else _MENTIONS

    def checked(self, secret: Secret, account: WebhookAccount | None) -> Secret:
        """Return the address as it is kept."""
        from traymail.core.secret import Secret
        from traymail.core.webhook_address import read_address

        read_address(secret.reveal(), ANY if account is None else account.preset)
        return Secret(" ".join(secret.reveal().split()), secret.place)

    def refused(self, account: WebhookAccount) -> Mapping[str, Text]:
        """Return what it does not take: some services take files, some mention people."""
        may = set()
        if account.preset.files is not None:
            may.add("files")
        if account.preset.calling is not Calling.NOBODY:
            may.add("to")
        return {part: words for part, words in self.cannot.items() if part not in may}

    def require(self, account: WebhookAccount, draft: Draft) -> None:
        """Raise InputError for what it does not take, or not as a whole where that counts."""
        super().require(account, draft)
        files = account.preset.files
        if files is not None and len(draft.files) > files.most:
            raise _too_many(files)
        if account.overflow is Overflow.CUT:
            return
        to = [one.mailbox for one in draft.to]
        written = account.written(draft.subject, draft.text, to)
        if draft.files and files is not None:
            from traymail.core.webhook_files import caption

            _said, whole = caption(files, written)
        else:
            beside = account.calls_of(to)
            _words, whole = message(account.body, account.room, written, {}, beside=beside)
        if not whole:
            raise InputError(
                text("The message is longer than the service takes."),
                text("Shorten it, or set overflow to cut in the configuration."),
            )

    def require_files(self, account: WebhookAccount, files: tuple[Attachment, ...]) -> None:
        """Raise InputError for files that it does not take as they are."""
        most = account.preset.files
        if most is None or account.preset.takes(files):
            return
        if len(files) > most.most:
            raise _too_many(most)
        raise InputError(
            text("A file is empty, or larger than {most}.", most=human_size(most.most_bytes)),
            text("Leave it out, or use another account."),
        )

    def secret(self, account: WebhookAccount | None) -> SecretWords:
        """Return what a service shows of its webhook."""
        behind = None if account is None else _BEHIND.get(account.preset.signing)
        return SecretWords(text("Webhook address"), steps=_STEPS, hint=behind)

    def shown_address(self, account: WebhookAccount) -> Text | str:
        """Return what the service is called, and where the account says that it is."""
        of_none = account.preset.name == CUSTOM
        title = self.secret_label if of_none else account.preset.title
        if not account.elsewhere:
            return title
        return text("{service} {place}", service=title, place=shown_place(account))

    def destination(self, account: WebhookAccount) -> str:
        """Return the service, or where the account says that it is."""
        own = account.preset.name
        return f"{own} {shown_place(account)}" if account.elsewhere else own

    def facts(self, account: WebhookAccount) -> dict[str, object]:
        """Return the service, and what becomes of what is too long."""
        return {
            "preset": account.preset.name,
            "host": "" if account.host == NOWHERE else account.host,
            "port": account.port,
            "overflow": account.overflow.value,
        }

    def asked_first(self) -> fields.Form:
        """Return the service; where it is, and what is sent to another, may be told."""
        preset = self.upper()[0].fields[0]
        names = ("overflow", "webhook", "api_url", "ca_file")
        (may_be,) = may_be_asked(WebhookTable, names, {"overflow": Overflow.CUT.value})
        return (replace(may_be, fields=(preset, *may_be.fields)),)

    def usual_values(self, account: WebhookAccount) -> dict[str, str]:
        """Return what any webhook of its service has."""
        preset = account.preset
        usual = WebhookAccount(
            name=account.name,
            max_message_bytes=preset.max_message_bytes,
            address=preset.receiver,
            preset=preset,
            body=usual_body(preset),
            success=usual_success(preset),
            most=preset.most,
        )
        usual = with_given(usual, AccountTable(), preset.limits)
        return {**self.values_of(usual), "webhook": ""}


def _reached(account: WebhookAccount, secret: Secret | None) -> WebhookAccount:
    """Return the account with its server; raises InputError where no address tells it."""
    from traymail.core.replies import remedy_for
    from traymail.core.webhook_address import reached, read_address

    if secret is not None:
        return reached(account, read_address(secret.reveal(), account.preset))
    if account.host == NOWHERE:
        title = text("The address of the webhook is not known yet.")
        raise InputError(title, remedy_for("no-secret", account.name))
    return account


def _too_many(files: FilesTaken) -> InputError:
    return InputError(
        text("More files than the service takes in one message: {most} at most.", most=files.most),
        text("Send several messages, or one zip file."),
    )


def _own_problems(preset: Preset, own: HookTable | None, where: str) -> list[Problem]:
    if preset.name != CUSTOM:
        return [] if own is None else [Problem(where, _CUSTOM_ONLY)]
    if own is None:
        advice = text("Write it like {example}", example=f"webhook = {EXAMPLE}")
        return [Problem(where, text("is missing"), advice=advice)]
    least = len(own.body.filled(dict.fromkeys(own.body.names, CUT), {}))
    if own.max_bytes < least:
        what = text("is less than the template itself needs: {least}", least=least)
        return [Problem(place_of(where, "max_bytes"), what)]
    return []
