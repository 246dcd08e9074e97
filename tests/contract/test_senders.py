"""What every way for mail to leave does: written once, held to by the real one and its twin."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.engine import ScriptedSender, failure
from tests.support.http_service import Act, Raw, no_http
from tests.support.robot import KEY, coded, robot
from tests.support.sendgrid import API_KEY, refused, sendgrid
from tests.support.sending import Notes, account, mail, posting, sender, webhook, wecom, written
from tests.support.sink import serve
from tests.support.webhook import SERVICES, answer, hook
from traymail.core.errors import (
    DeliveryError,
    PermanentFailure,
    Stage,
    StateError,
    TransientFailure,
    UnknownOutcome,
)
from traymail.core.message import Mail
from traymail.core.outbox import Receipt
from traymail.core.ports import Cancelled, Sender
from traymail.core.robots import GROUP
from traymail.core.texts import text
from traymail.core.webhooks import BY_NAME


@dataclass
class Way:
    """A sender, what arrived through it, and how to have its next mail refused."""

    sender: Sender
    arrived: Callable[[], int]
    refuse_next: Callable[[], None]
    recipients: tuple[str, ...] = ("a@example.com", "b@example.com")
    taken: int = 250
    refused: int = 554
    make: Callable[..., Mail] = mail

    def mail(self) -> Mail:
        return self.make(self.recipients[0])


class ContractOfSenders:
    @pytest.fixture
    def way(self) -> Iterator[Way] | Way:
        raise NotImplementedError

    def test_a_mail_is_taken_for_every_recipient(self, way: Way) -> None:
        notes = Notes()
        sent = way.make(*way.recipients)
        receipt = way.sender.send(sent, notes)
        assert (receipt.code, receipt.accepted) == (way.taken, way.recipients)
        assert (receipt.refused, notes.finals, way.arrived()) == ((), 1, 1)
        assert notes.done
        assert all(total == sent.size for _, total in notes.done)

    def test_a_refusal_is_raised_and_the_next_mail_goes_through(self, way: Way) -> None:
        way.refuse_next()
        with pytest.raises(PermanentFailure) as caught:
            way.sender.send(way.mail(), Notes())
        assert caught.value.reply.code == way.refused
        assert way.sender.send(way.mail(), Notes()).code == way.taken
        assert way.arrived() == 1

    @pytest.mark.parametrize("error", [Cancelled(), StateError(text("disk full"))])
    def test_what_the_journal_raises_comes_out_and_nothing_is_sent(
        self, way: Way, error: Exception
    ) -> None:
        def stop() -> None:
            raise error

        for notes in (Notes(at_progress=stop), Notes(at_final=stop)):
            with pytest.raises(type(error)):
                way.sender.send(way.mail(), notes)
        assert way.arrived() == 0
        assert way.sender.send(way.mail(), Notes()).code == way.taken

    def test_closing_is_always_possible_and_not_the_end(self, way: Way) -> None:
        way.sender.close()
        way.sender.send(way.mail(), Notes())
        way.sender.close()
        way.sender.close()
        way.sender.send(way.mail(), Notes())
        assert way.arrived() == 2

    def test_after_an_abort_nothing_is_sent(self, way: Way) -> None:
        way.sender.abort()
        way.sender.abort()
        with pytest.raises(TransientFailure):
            way.sender.send(way.mail(), Notes())
        way.sender.close()
        assert way.arrived() == 0


class TestSmtpSender(ContractOfSenders):
    @pytest.fixture
    def way(self) -> Iterator[Way]:
        with serve(security="none") as sink:
            uses = sender(account(sink.port))
            yield Way(
                uses,
                lambda: len(sink.arrivals),
                lambda: sink.reply("final", "554 5.7.1 no"),
            )
            uses.close()


class TestScriptedSender(ContractOfSenders):
    @pytest.fixture
    def way(self) -> Way:
        uses = ScriptedSender()
        refusal = failure(PermanentFailure, 554, Stage.FINAL)
        return Way(uses, lambda: len(uses.mails), lambda: uses.script.append(refusal))


class TestWecomSender(ContractOfSenders):
    @pytest.fixture
    def way(self) -> Iterator[Way]:
        with robot() as one:
            uses = wecom(one.port)
            yield Way(
                uses,
                lambda: len(one.messages),
                lambda: one.acts.append(coded(40058)),
                recipients=(GROUP.mailbox,),
                taken=200,
                refused=40058,
            )
            uses.close()


class TestWebhookSender(ContractOfSenders):
    @pytest.fixture(params=SERVICES)
    def way(self, request: pytest.FixtureRequest) -> Iterator[Way]:
        with hook(request.param) as one:
            uses = webhook(request.param, one.address)
            yield Way(
                uses,
                lambda: len(one.taken),
                lambda: one.acts.append(answer(400, error="no")),
                recipients=(BY_NAME[request.param].receiver.mailbox,),
                taken=200,
                refused=400,
            )
            uses.close()


class TestSendgridSender(ContractOfSenders):
    @pytest.fixture
    def way(self) -> Iterator[Way]:
        with sendgrid() as one:
            uses = posting(one.port)
            yield Way(
                uses,
                lambda: len(one.mails),
                lambda: one.acts.append(refused(400, "no")),
                taken=202,
                refused=400,
                make=written,
            )
            uses.close()


HINTS = (
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
)
TAKEN = b'HTTP/1.1 %d Taken\r\nContent-Length: 14\r\n\r\n{"errcode": 0}'
POSTING = ["wecom", "dingtalk", "sendgrid"]


def _posted(name: str, act: Act) -> Receipt | type[DeliveryError]:
    """Post a message that is answered so; return what came of it."""
    doors: dict[str, tuple[Any, Callable[[Any], Sender], Mail]] = {
        "wecom": (robot(), lambda one: wecom(one.port), mail(GROUP.mailbox)),
        "dingtalk": (
            hook("dingtalk"),
            lambda one: webhook("dingtalk", one.address),
            mail(BY_NAME["dingtalk"].receiver.mailbox),
        ),
        "sendgrid": (sendgrid(), lambda one: posting(one.port), written("a@example.com")),
    }
    serving, opened, sent = doors[name]
    with serving as one, closing(opened(one)) as uses:
        one.acts.append(act)
        try:
            return uses.send(sent, Notes())
        except DeliveryError as error:
            return type(error)


@pytest.mark.parametrize("name", POSTING)
def test_the_answer_stands_behind_those_that_tell_of_one(name: str) -> None:
    status = 202 if name == "sendgrid" else 200
    found = _posted(name, Raw(HINTS + TAKEN % status))
    assert isinstance(found, Receipt), found


@pytest.mark.parametrize("status", [101, 600, 999])
@pytest.mark.parametrize("name", POSTING)
def test_a_status_that_answers_nothing_leaves_open_what_became_of_it(
    name: str, status: int
) -> None:
    assert _posted(name, Raw(TAKEN % status)) is UnknownOutcome


@pytest.mark.parametrize("status", [201, 202])
def test_a_robot_that_says_so_has_taken_it_whatever_its_status_of_success(status: int) -> None:
    found = _posted("wecom", Raw(TAKEN % status))
    assert isinstance(found, Receipt), found


@pytest.mark.parametrize("name", POSTING)
def test_the_log_of_an_answer_that_is_no_http_shows_no_key(name: str) -> None:
    """With ``-v`` it has the whole error, and what led to it."""
    told: dict[str, tuple[Any, Callable[[Any], Sender], Mail, str]] = {
        "wecom": (robot(), lambda one: wecom(one.port), mail(GROUP.mailbox), KEY),
        "dingtalk": (
            hook("dingtalk"),
            lambda one: webhook("dingtalk", one.address),
            mail(BY_NAME["dingtalk"].receiver.mailbox),
            "tok0123456789abcdef",
        ),
        "sendgrid": (sendgrid(), lambda one: posting(one.port), written(), API_KEY),
    }
    serving, make, sent, key = told[name]
    with serving as service, closing(make(service)) as uses:
        for answer in no_http(key):
            service.acts.append(answer)
            with pytest.raises(DeliveryError) as caught:
                uses.send(sent, Notes())
            assert key not in "".join(traceback.format_exception(caught.value))
