"""Whatever happens, in whatever order: nothing is lost, nothing goes out twice unmarked."""

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.support.mails import NOON, a_draft, a_stamp, an_account, composed
from traymail.core.errors import (
    AuthFailure,
    CredentialError,
    DeliveryError,
    PermanentFailure,
    RecipientReply,
    Reply,
    Stage,
    TransientFailure,
    UnknownOutcome,
)
from traymail.core.message import Address
from traymail.core.outbox import OutboxItem, Receipt, State, after_attempt, after_interruption
from traymail.core.texts import text
from traymail.store.database import Database
from traymail.store.outbox import Outbox
from traymail.store.spool import Spool

BOTH = (Address("a@x.example"), Address("b@x.example"))
ACCOUNT = an_account()
OUTCOMES = ("sent", "later", "refused", "login", "no secret", "unknown", "partly", "stopped")


class OutboxMachine(RuleBasedStateMachine):
    """Users, senders, crashes and time, one step after the other, over one home."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.database = Database(Path(self.folder.name) / "outbox.db")
        self.outbox = self._outbox()
        self.now: datetime = NOON
        self.flying: OutboxItem | None = None
        self.stored: set[int] = set()
        self.keys: dict[str, int] = {}
        # By mail and recipient: how often a server may have taken it.
        self.taken: dict[tuple[int, str], int] = {}
        self.resent_by_user: set[int] = set()

    def _outbox(self) -> Outbox:
        return Outbox(self.database, Spool(Path(self.folder.name) / "spool"))

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    @rule(
        unsure=st.sampled_from(["ask", "resend"]),
        key=st.sampled_from([None, "k1", "k2"]),
        name=st.sampled_from([None, "A", "B"]),
    )
    def add(self, unsure: str, key: str | None, name: str | None) -> None:
        draft = a_draft(to=BOTH, when_unsure=unsure, dedupe_key=key, rule=name)
        item = self.outbox.add(draft, composed(), a_stamp(), self.now, due=self.now)
        if key is not None:
            assert self.keys.setdefault(key, item.id) == item.id
        self.stored.add(item.id)

    @initialize()
    def begin_with_a_mail(self) -> None:
        self.add("ask", None, None)

    @rule(hours=st.sampled_from([0.01, 1, 5, -1, -100]))
    def pass_time_or_set_the_clock_back(self, hours: float) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: self.flying is None)
    @rule(not_rules=st.sampled_from([(), ("A",), ("A", "B")]))
    def claim(self, not_rules: tuple[str, ...]) -> None:
        self.flying = self.outbox.claim("qq", self.now, not_rules=not_rules)
        if self.flying is not None:
            assert self.flying.rule not in not_rules
            assert self.flying.pending

    @precondition(lambda self: self.flying is not None)
    @rule(word=st.sampled_from(OUTCOMES), jitter=st.floats(0, 1))
    def attempt(self, word: str, jitter: float) -> None:
        item = self.flying
        assert item is not None
        if word in {"sent", "unknown", "partly"}:
            self._dot(item, item.pending[:1] if word == "partly" else item.pending)
        outcome = self._outcome(word, item)
        if outcome is None:
            ended = after_interruption(item, self.now)
        else:
            ended = after_attempt(item, outcome, self.now, ACCOUNT, jitter)
        self.outbox.finish(ended)
        self.flying = None

    @precondition(lambda self: self.flying is not None)
    @rule(dot=st.booleans())
    def crash(self, dot: bool) -> None:
        item = self.flying
        assert item is not None
        if dot:
            self._dot(item, item.pending)
        self.database.close()
        self.database = Database(Path(self.folder.name) / "outbox.db")
        self.outbox = self._outbox()
        recovered = self.outbox.recover(self.now)
        assert recovered.requeued + recovered.unknown == 1
        self.flying = None

    @rule(wish=st.sampled_from(["retry", "retry all", "cancel", "sent", "resend", "stop and go"]))
    def the_user_acts(self, wish: str) -> None:
        newest = [item.id for item in self.outbox.find(limit=1)]
        unknown = self.outbox.find(state=State.UNKNOWN, limit=1)
        match wish:
            case "retry":
                self.outbox.retry(newest, self.now)
            case "retry all":
                self.outbox.retry(None, self.now)
            case "cancel":
                self.outbox.cancel(newest, self.now)
            case "sent" if unknown:
                self.outbox.resolve(unknown[0].id, "sent", self.now)
            case "resend" if unknown:
                self.resent_by_user.add(unknown[0].id)
                self.outbox.resolve(unknown[0].id, "resend", self.now)
            case "stop and go":
                self.outbox.park("qq", self.now)
                assert self.outbox.next_due("qq") is None
                self.outbox.unpark("qq", self.now)
            case _:
                pass  # nothing is unknown

    @invariant()
    def nothing_is_lost(self) -> None:
        assert {item.id for item in self.outbox.find()} == self.stored

    @invariant()
    def only_the_mail_under_way_is_sending(self) -> None:
        sending = {item.id for item in self.outbox.find(state=State.SENDING)}
        assert sending == ({self.flying.id} if self.flying else set())

    @invariant()
    def nobody_gets_it_twice_unmarked(self) -> None:
        for (mail_id, _), times in self.taken.items():
            item = self.outbox.get(mail_id)
            assert times == 1 or item.possible_duplicate
            # By itself, the program sends once more at most.
            assert times <= 2 or mail_id in self.resent_by_user

    @invariant()
    def sent_means_that_all_may_have_it(self) -> None:
        for item in self.outbox.find(state=State.SENT):
            assert all((item.id, address.mailbox) in self.taken for address in BOTH)

    @invariant()
    def what_waits_has_someone_to_go_to(self) -> None:
        for item in self.outbox.find(state=State.QUEUED):
            assert item.pending

    def _dot(self, item: OutboxItem, recipients: tuple[str, ...]) -> None:
        self.outbox.enter_final(item.id, self.now)
        for mailbox in recipients:
            key = (item.id, mailbox)
            self.taken[key] = self.taken.get(key, 0) + 1

    def _outcome(
        self, word: str, item: OutboxItem
    ) -> Receipt | DeliveryError | CredentialError | None:
        kinds = {
            "later": TransientFailure,
            "refused": PermanentFailure,
            "login": AuthFailure,
            "unknown": UnknownOutcome,
        }
        match word:
            case "sent":
                return Receipt(250, "Ok", item.pending)
            case "partly":
                refused = tuple(
                    RecipientReply(m, 550, "no", for_good=True) for m in item.pending[1:]
                )
                return Receipt(250, "Ok", item.pending[:1], refused)
            case "no secret":
                return CredentialError(text("No secret."))
            case "stopped":
                return None
            case _:
                reply = Reply(None, "", Stage.FINAL)
                return kinds[word](reply, "x", text("It went wrong."))


OutboxMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=50, deadline=None)
TestOutboxMachine = OutboxMachine.TestCase
