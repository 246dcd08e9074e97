"""Which server belongs to an address: the provider table first, then trying the usual names."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from time import monotonic

from traymail.core.account import Account, Auth, Security
from traymail.core.examination import Proposal
from traymail.core.message import Address
from traymail.core.provider import Endpoint, for_address, for_host
from traymail.core.secret import ToldSecrets
from traymail.core.texts import text
from traymail.senders.dial import Cutoff
from traymail.senders.smtp_session import open_session
from traymail.senders.smtp_wire import SmtpError

DEADLINE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server that may be the right one."""

    host: str
    endpoint: Endpoint


def detect(
    mailbox: str, *, candidates: Sequence[Candidate] | None = None, ca_file: str = ""
) -> Proposal | None:
    """Propose host, port and security for ``local@domain``; None when no server is found.

    A server counts when it encrypts with a certificate of its name that is trusted (``ca_file``:
    another authority). All are tried at once, for ten seconds at most; nothing is logged in to.
    """
    provider = for_address(mailbox)
    if provider is not None:
        host, endpoint = provider.host, provider.endpoints[0]
        how = text("from the table of providers: {name}", name=provider.name)
    else:
        tried = usual_candidates(mailbox) if candidates is None else tuple(candidates)
        found = _first_that_works(mailbox, tried, ca_file)
        if found is None:
            return None
        host, endpoint, provider = found.host, found.endpoint, for_host(found.host)
        how = text("tried: {host} answers on port {port}", host=host, port=endpoint.port)
    username = provider.username_for(mailbox) if provider else mailbox
    return Proposal(host, endpoint.port, endpoint.security, username, provider, how)


def usual_candidates(mailbox: str) -> tuple[Candidate, ...]:
    """Return the servers to try for an address, the best first; never port 25.

    Implicit TLS before STARTTLS, as RFC 8314 section 3.3 recommends: nothing is said in the
    clear, so there is nothing to strip, and it is there after fewer round trips.
    """
    domain = mailbox.rpartition("@")[2]
    ways = (Endpoint(465, Security.TLS), Endpoint(587, Security.STARTTLS))
    hosts = (f"smtp.{domain}", f"mail.{domain}", domain)
    return tuple(Candidate(host, way) for host in hosts for way in ways)


def _first_that_works(
    mailbox: str, candidates: Sequence[Candidate], ca_file: str
) -> Candidate | None:
    """Try all at once; return the best as soon as no better one can still answer."""
    answers: SimpleQueue[tuple[int, bool]] = SimpleQueue()
    cutoffs = [Cutoff() for _ in candidates]

    def attempt(at: int) -> None:
        account = _account(mailbox, candidates[at], ca_file)
        answers.put((at, _works(account, cutoffs[at])))

    for at in range(len(candidates)):
        threading.Thread(target=attempt, args=(at,), name="detect", daemon=True).start()
    try:
        best = _best(answers, len(candidates))
    finally:
        for cutoff in cutoffs:
            cutoff.cut()
    return None if best is None else candidates[best]


def _best(answers: SimpleQueue[tuple[int, bool]], count: int) -> int | None:
    deadline = monotonic() + DEADLINE_SECONDS
    known: dict[int, bool] = {}
    while len(known) < count:
        try:
            at, works = answers.get(timeout=max(deadline - monotonic(), 0.001))
        except Empty:
            break
        known[at] = works
        working = [at for at, works in known.items() if works]
        if working and all(better in known for better in range(min(working))):
            break
    return min((at for at, works in known.items() if works), default=None)


def _works(account: Account, cutoff: Cutoff) -> bool:
    try:
        session = open_session(account, None, cutoff, ToldSecrets())  # nothing it says is shown
    except SmtpError:
        return False
    session.wire.close()
    return True


def _account(mailbox: str, candidate: Candidate, ca_file: str) -> Account:
    return Account(
        name="",
        address=Address(mailbox),
        host=candidate.host,
        port=candidate.endpoint.port,
        security=candidate.endpoint.security,
        username="",
        auth=Auth.NONE,
        ca_file=ca_file,
        timeout=timedelta(seconds=DEADLINE_SECONDS),
    )
