"""The SMTP conversation of RFC 5321: hello, STARTTLS, login, one mail after the other, goodbye.

Pipelining (RFC 2920) stays inside one message: MAIL, RCPT and DATA leave in one write, but never
the next message behind a final dot, which Dovecot's submission service does not survive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from traymail.core.account import Account, Auth, Security
from traymail.core.errors import Reply, SourceError, Stage
from traymail.core.replies import joined, readable
from traymail.core.reply_rules import Trouble, details
from traymail.core.texts import text
from traymail.senders.dial import Cutoff, dial
from traymail.senders.smtp_login import Logins
from traymail.senders.smtp_wire import (
    SmtpError,
    Wire,
    client_context,
    detail_of,
    trouble_at,
    trouble_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from traymail.core.message import Mail
    from traymail.core.ports import Journal
    from traymail.core.secret import Secret, ToldSecrets

# What we call ourselves. An address literal is accepted where a made-up name is not, and it tells
# every recipient (in the Received line) neither this computer's name nor its address.
OUR_NAME = b"[127.0.0.1]"
# Commands that leave in one write: their replies must fit into the socket's buffer meanwhile.
PIPELINE = 100
# The body leaves in writes of about so much; what is left at the end travels with the final dot.
FLUSH_BYTES = 16_384
QUIT_SECONDS = 2.0
# RFC 5321 section 4.5.3.2.6: a server may take ten minutes to store what it was given.
FINAL_SECONDS = 600.0
# A limit with more is none (and Python would refuse to read it).
MOST_DIGITS = 20

_OK = range(200, 300)
_READY, _GO_ON, _LOGGED_IN = 220, 354, 235
SERVICE_CLOSING = 421
_NO_EHLO = {500, 502}

_OAUTH = {"XOAUTH", "XOAUTH2", "OAUTHBEARER"}

_Command = tuple[Stage, bytes]


@dataclass(frozen=True, slots=True)
class Taken:
    """The server's answer to the final dot, and the recipients it had refused before."""

    reply: Reply
    refused: tuple[tuple[str, Reply], ...]


def connect(account: Account, secret: Secret | None, cutoff: Cutoff, told: ToldSecrets) -> Wire:
    """Reach the account's server; nothing has been said yet.

    Nothing that it says shows ``secret``, nor what was ``told`` to any server.
    """
    timeout = account.timeout.total_seconds()
    try:
        sock = dial(account.host, account.port, timeout, cutoff)
    except (OSError, ValueError) as error:
        trouble = Trouble.STOPPED if cutoff.done else trouble_of(error, Stage.CONNECT)
        raise trouble_at(Stage.CONNECT, trouble, detail_of(error)) from error
    wire = Wire(sock, timeout, cutoff)
    own = () if secret is None else ((secret, account.username),)
    for one in own:
        told.add(*one)
    wire.hide = lambda words: told.strike_out(words, *own)
    return wire


def refuse_unprotected(wire: Wire, account: Account) -> None:
    """Refuse a line that stays unprotected and leads to another computer."""
    if account.security is Security.NONE and not wire.to_loopback:
        raise trouble_at(Stage.CONNECT, Trouble.NO_TLS, details.UNPROTECTED)


def open_session(
    account: Account,
    secret: Secret | None,
    cutoff: Cutoff,
    told: ToldSecrets,
    final_seconds: float = FINAL_SECONDS,
) -> SmtpSession:
    """Connect, encrypt as the account says, and log in when there is a secret."""
    wire = connect(account, secret, cutoff, told)
    session = SmtpSession(wire, account, final_seconds)
    try:
        refuse_unprotected(wire, account)
        for _, work in opening(session, account, secret):
            work()
    except BaseException:
        wire.close()
        raise
    return session


def opening(
    session: SmtpSession, account: Account, secret: Secret | None
) -> Iterator[tuple[str, Callable[[], Reply | None]]]:
    """Yield what a session begins with: each step's name, and the work to be done in it.

    A mail goes this way, and so does a diagnosis, which looks at every step of it.
    """
    if account.security is Security.TLS:
        yield "tls", session.encrypt
    yield "banner", session.greet
    yield "ehlo", session.hello
    if account.security is Security.STARTTLS:
        yield "tls", session.start_tls
        yield "ehlo", session.hello
    if account.auth is not Auth.NONE and secret is not None:
        yield "auth", lambda: session.login(secret)


class SmtpSession:
    """A conversation with one server. Every method may raise SmtpError."""

    def __init__(self, wire: Wire, account: Account, final_seconds: float = FINAL_SECONDS) -> None:
        """``final_seconds``: how long the answer to the final dot is waited for at least."""
        self.wire = wire
        self._final_seconds = final_seconds
        self.features: dict[str, str] = {}
        self._said: list[bytes] = []  # the features, to the letter
        self._account = account

    def encrypt(self) -> None:
        """Begin TLS and forget what an unprotected server said of itself."""
        self.features, self._said = {}, []
        self.wire.secure(client_context(self._account.ca_file), self._account.host)

    def greet(self) -> Reply:
        """Read the banner."""
        self.wire.stage = Stage.CONNECT
        return self._expect(self.wire.reply(), _READY)

    def hello(self) -> None:
        """Say EHLO and learn what the server offers; HELO where it does not know that."""
        self.wire.stage = Stage.EHLO
        self.wire.write(b"EHLO " + OUR_NAME + b"\r\n")
        code, lines = self.wire.lines()
        if code in _NO_EHLO and not self._needs_features():
            # A server of old (RFC 5321 section 3.2); it can take a mail, and nothing else.
            self.wire.write(b"HELO " + OUR_NAME + b"\r\n")
            code, lines = self.wire.lines()
        if code not in _OK:
            raise SmtpError(Reply(code, self.wire.words(joined(lines)), Stage.EHLO))
        self.features, self._said = _features(lines[1:]), lines[1:]

    def _needs_features(self) -> bool:
        """Return whether the session cannot go on without what EHLO tells: TLS, or a login."""
        account = self._account
        to_encrypt = account.security is Security.STARTTLS and not self.wire.encrypted
        return to_encrypt or account.auth is not Auth.NONE

    @property
    def offers(self) -> str:
        """Return the features as words for people, the secret struck out."""
        return self.wire.words(b", ".join(self._said))

    def start_tls(self) -> None:
        """Ask for TLS, and begin it."""
        self.wire.stage = Stage.STARTTLS
        if "STARTTLS" not in self.features:
            raise trouble_at(Stage.STARTTLS, Trouble.NO_TLS, details.NO_STARTTLS)
        self._expect(self._command(b"STARTTLS"), _READY)
        self.wire.refuse_injection()
        self.encrypt()

    def login(self, secret: Secret) -> Reply:
        """Log in by PLAIN (RFC 4616) or LOGIN; never over a line that others can read.

        Where the account signs in by OAuth2, the secret is an access token.
        """
        wire = self.wire
        if not wire.encrypted and not wire.to_loopback:
            raise trouble_at(Stage.STARTTLS, Trouble.NO_TLS, details.UNPROTECTED)
        offered = self.features.get("AUTH", "").split()
        ways = Logins(self._account, offered, self._command)
        way = ways.by_token if self._account.auth is Auth.OAUTH2 else ways.by_password
        if way is None:
            trouble = Trouble.OAUTH_ONLY if _OAUTH.issuperset(offered) else Trouble.OTHER_LOGIN
            if self._account.auth is Auth.OAUTH2:
                trouble = Trouble.NO_OAUTH
            raise self._no_way_to_log_in(offered, trouble)
        wire.stage = Stage.AUTH
        return self._expect(way(secret.reveal()), _LOGGED_IN)

    def deliver(self, mail: Mail, chunks: Iterator[bytes], journal: Journal) -> Taken:
        """Send one mail; the 2xx to the final dot is the success.

        Also raises what the journal or ``chunks`` raised; the session is then of no more use.
        """
        self._check(mail)
        refused = self._open_transaction(mail)
        rest = self._send_body(mail, chunks, journal)
        if not self.wire.silent():
            verdict = self.wire.reply()  # before the end: it gives the mail up, so do we
            self.wire.close()
            raise SmtpError(verdict)
        journal.before_final()
        try:
            return Taken(self._finish(rest), refused)
        except SmtpError as error:
            error.refused = refused
            raise

    def reset(self) -> None:
        """Drop the transaction that a refusal has left open."""
        self._command(b"RSET")

    def quit(self) -> None:
        """Say goodbye; QQ answers garbage here, so the caller has to disregard an SmtpError."""
        self.wire.stage = Stage.CONNECT
        self.wire.write(b"QUIT\r\n")
        self.wire.lines(QUIT_SECONDS)

    def _command(self, line: bytes) -> Reply:
        self.wire.write(line + b"\r\n")
        return self.wire.reply()

    def _expect(self, reply: Reply, code: int) -> Reply:
        if reply.code != code:
            raise SmtpError(reply)
        return reply

    def _no_way_to_log_in(self, offered: list[str], trouble: Trouble) -> SmtpError:
        """Return the error that the server takes none of our logins; without any, it says so."""
        logins = b" ".join(line for line in self._said if line.upper().startswith(b"AUTH"))
        detail = logins if offered else str(details.NO_AUTH).encode()
        trouble = trouble if offered else Trouble.NO_LOGIN
        return trouble_at(Stage.EHLO, trouble, self.wire.words(detail))

    def _check(self, mail: Mail) -> None:
        """Refuse here what the server has said that it would refuse."""
        limit = self.features.get("SIZE", "")
        number = limit.isascii() and limit.isdecimal() and len(limit) <= MOST_DIGITS
        if number and 0 < int(limit) < mail.size:
            detail = f"{mail.size} > {limit}"
            raise trouble_at(Stage.MAIL, Trouble.TOO_LARGE, detail)
        boxes = (mail.envelope.sender, *mail.envelope.recipients)
        for box in boxes:
            if not box.isprintable() or " " in box or "<" in box or ">" in box:
                raise trouble_at(Stage.MAIL, Trouble.BAD_ADDRESS, ascii(box))
        if "SMTPUTF8" not in self.features and not all(box.isascii() for box in boxes):
            raise trouble_at(Stage.MAIL, Trouble.NO_SMTPUTF8, details.NO_SMTPUTF8)

    def _open_transaction(self, mail: Mail) -> tuple[tuple[str, Reply], ...]:
        """Send the envelope and get the go-ahead for the body; return the refused recipients."""
        recipients = mail.envelope.recipients
        commands = self._envelope(mail)
        replies = (
            self._all_at_once(commands)
            if "PIPELINING" in self.features
            else self._one_by_one(commands)
        )
        answers = tuple(zip(recipients, replies[1:], strict=False))
        refused = tuple((box, reply) for box, reply in answers if reply.code not in _OK)
        data = replies[-1] if len(replies) == len(commands) else None
        failure = _failure(replies, refused, everyone=0 < len(refused) == len(recipients))
        if failure is not None and data is not None and data.code == _GO_ON:
            self._send_nothing()
        elif failure is None and (data is None or data.code != _GO_ON):
            failure = SmtpError(replies[-1], refused=refused)
        if failure is not None:
            raise failure
        return refused

    def _send_nothing(self) -> None:
        """Answer a go-ahead that came although everything was refused: an empty body, to nobody."""
        try:
            self.wire.write(b".\r\n")
            self.wire.reply()
        except SmtpError:
            self.wire.close()  # what is answered from now on would belong to this

    def _envelope(self, mail: Mail) -> list[_Command]:
        sender, recipients = mail.envelope.sender, mail.envelope.recipients
        options = f" SIZE={mail.size}" if "SIZE" in self.features else ""
        if not all(box.isascii() for box in (sender, *recipients)):
            options += " SMTPUTF8"
        # What another program wrote may have other octets than ASCII. Where the server does not
        # offer to take them (RFC 6152), they leave all the same: encoded, it would be another mail.
        if "8BITMIME" in self.features and not mail.skeleton.isascii():
            options += " BODY=8BITMIME"
        return [
            (Stage.MAIL, f"MAIL FROM:<{sender}>{options}\r\n".encode()),
            *((Stage.RCPT, f"RCPT TO:<{box}>\r\n".encode()) for box in recipients),
            (Stage.DATA, b"DATA\r\n"),
        ]

    def _all_at_once(self, commands: list[_Command]) -> list[Reply]:
        """Write before reading; what was written is answered in order, whatever it is."""
        replies: list[Reply] = []
        for at in range(0, len(commands), PIPELINE):
            batch = commands[at : at + PIPELINE]
            self.wire.stage = batch[0][0]
            self.wire.write(b"".join(line for _, line in batch))
            for stage, _ in batch:
                self.wire.stage = stage
                replies.append(self.wire.reply())
                if replies[-1].code == SERVICE_CLOSING:
                    return replies
            if replies[0].code not in _OK:
                break
        return replies

    def _one_by_one(self, commands: list[_Command]) -> list[Reply]:
        """Ask, wait, and stop where there is no more use in asking."""
        replies: list[Reply] = []
        for stage, line in commands:
            if stage is Stage.DATA and all(reply.code not in _OK for reply in replies[1:]):
                break
            self.wire.stage = stage
            self.wire.write(line)
            replies.append(self.wire.reply())
            if replies[0].code not in _OK or replies[-1].code == SERVICE_CLOSING:
                break
        return replies

    def _send_body(self, mail: Mail, chunks: Iterator[bytes], journal: Journal) -> bytearray:
        """Send all but the last bytes; return those, the final dot included."""
        self.wire.stage = Stage.DATA
        pending, tail, done, total = bytearray(), b"\r\n", 0, mail.size
        for chunk in chunks:
            pending += stuffed(chunk, tail)
            tail = (tail + chunk[-2:])[-2:]
            done += len(chunk)
            if len(pending) > FLUSH_BYTES:
                self.wire.write(pending)
                pending.clear()
            journal.progress(done, total)
        if done != total:
            raise SourceError("", text("A stored attachment has another size than before"))
        pending += b".\r\n" if tail == b"\r\n" else b"\r\n.\r\n"
        return pending

    def _finish(self, rest: bytearray) -> Reply:
        """Send the final dot and hear the verdict; without a proper one nobody knows."""
        self.wire.stage = Stage.FINAL
        try:
            self.wire.write(rest)
            reply = self.wire.reply(max(self._final_seconds, self._account.timeout.total_seconds()))
        except SmtpError as error:
            raise trouble_at(Stage.FINAL, Trouble.UNSURE, error.reply.text) from error
        if reply.code in _OK:
            return reply
        if reply.code is None or reply.code < 400:  # noqa: PLR2004 # 4xx and 5xx are verdicts
            raise SmtpError(reply, Trouble.UNSURE)
        raise SmtpError(reply)


def stuffed(chunk: bytes, tail: bytes) -> bytes:
    """Double the dots that begin a line (RFC 5321 section 4.5.2).

    ``tail`` are the last two bytes before the chunk, or CRLF where the message begins.
    """
    return (tail + chunk).replace(b"\r\n.", b"\r\n..")[len(tail) :]


def _failure(
    replies: list[Reply], refused: tuple[tuple[str, Reply], ...], *, everyone: bool
) -> SmtpError | None:
    """Return why a transaction cannot go on, if it cannot."""
    closing = next((reply for reply in replies if reply.code == SERVICE_CLOSING), None)
    if closing is not None:
        return SmtpError(closing)
    if replies[0].code not in _OK:
        return SmtpError(replies[0])
    return SmtpError(refused[0][1], refused=refused) if everyone else None


def _features(lines: list[bytes]) -> dict[str, str]:
    """Return what an EHLO reply offers: keyword -> parameters; AUTH may come in two forms."""
    found: dict[str, str] = {}
    for line in lines:
        keyword, _, parameters = readable(line).upper().partition(" ")
        name, _, first = keyword.partition("=")
        found[name] = " ".join(filter(None, (found.get(name), first, parameters)))
    return found
