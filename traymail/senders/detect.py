"""Which server belongs to an address: the table of providers, else its exchangers and usual names.

The exchangers of a domain (MX) only choose a row of the table: whoever answers in place of the
true server can lead to another known provider, never to a server of their own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from time import monotonic

from traymail.core.account import Account, Auth
from traymail.core.connection_test import Proposal
from traymail.core.message import Address
from traymail.core.provider import (
    IMPLICIT_TLS,
    SUBMISSION,
    Endpoint,
    Provider,
    for_address,
    for_exchangers,
    for_host,
)
from traymail.core.secret import ToldSecrets
from traymail.core.texts import Text, text
from traymail.failures import log_failure
from traymail.senders.dial import Cutoff
from traymail.senders.smtp_session import open_session
from traymail.senders.smtp_wire import SmtpError

log = logging.getLogger(__name__)

DEADLINE_SECONDS = 10.0
# So long exchangers are waited for: what knows them usually answers within a tenth of a second.
PATIENCE_SECONDS = 3.0
# https://www.iana.org/assignments/special-use-domain-names: no server of the world knows these.
_NOT_ASKED = ("test", "invalid", "example", "localhost", "local", "onion", "internal", "home.arpa")
_ENDINGS = tuple(f".{one}" for one in _NOT_ASKED)


@dataclass(frozen=True, slots=True)
class ListedProvider:
    """The provider that keeps a domain's mail, and the exchanger which tells that."""

    provider: Provider
    exchanger: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server that may be the right one."""

    host: str
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class _Tried:
    at: int
    works: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    told: ListedProvider | None


def detect(
    mailbox: str,
    *,
    candidates: Sequence[Candidate] | None = None,
    ca_file: str = "",
    resolver: tuple[str, int] | None = None,
) -> Proposal | None:
    """Propose host, port and security for ``local@domain``; None when no server is found.

    A server counts when it encrypts with a certificate of its name that is trusted (``ca_file``:
    another authority). All are tried at once, for ten seconds at most; nothing is logged in to.
    Meanwhile the domain's exchangers are asked for (``resolver``: of this server of names): a
    provider that keeps its mail comes before a server that was tried. Without them it goes on.
    Raises what keeps this computer from trying a server, such as a lack of memory.
    """
    provider = for_address(mailbox)
    if provider is not None:
        how = text("from the table of providers: {name}", name=provider.name)
        return _of(provider, mailbox, how)
    tried = usual_candidates(mailbox) if candidates is None else tuple(candidates)
    match _search(mailbox, tried, ca_file, resolver):
        case None:
            return None
        case ListedProvider(provider, exchanger):
            how = text(
                "{exchanger} takes in mail for {domain}: {name}",
                exchanger=exchanger,
                domain=mailbox.rpartition("@")[2],
                name=provider.name,
            )
            return _of(provider, mailbox, how)
        case Candidate(host, endpoint):
            provider = for_host(host)
            username = provider.username_for(mailbox) if provider else mailbox
            how = text("tried: {host} answers on port {port}", host=host, port=endpoint.port)
            return Proposal(host, endpoint.port, endpoint.security, username, provider, how)


def _of(row: Provider, mailbox: str, how: Text) -> Proposal:
    return Proposal(row.host, row.port, row.security, row.username_for(mailbox), row, how)


def usual_candidates(mailbox: str) -> tuple[Candidate, ...]:
    """Return the servers to try for an address, the best first; never port 25.

    Implicit TLS before STARTTLS, as RFC 8314 section 3.3 recommends: nothing is said in the
    clear, so there is nothing to strip, and it is there after fewer round trips.
    """
    domain = mailbox.rpartition("@")[2]
    hosts = (f"smtp.{domain}", f"mail.{domain}", domain)
    return tuple(Candidate(host, way) for host in hosts for way in (IMPLICIT_TLS, SUBMISSION))


def _search(
    mailbox: str,
    candidates: Sequence[Candidate],
    ca_file: str,
    resolver: tuple[str, int] | None,
) -> ListedProvider | Candidate | None:
    """Ask for the exchangers and try all servers at once; return what is best."""
    answers: SimpleQueue[_Tried | _Asked | Exception] = SimpleQueue()
    cutoffs = [Cutoff() for _ in candidates]

    def attempt(at: int) -> None:
        try:
            account = _account(mailbox, candidates[at], ca_file)
            answers.put(_Tried(at, _works(account, cutoffs[at])))
        except Exception as error:  # noqa: BLE001 # raised where the answers are waited for
            answers.put(error)

    def ask() -> None:
        found = None
        try:
            found = for_exchangers(exchangers_of(mailbox.rpartition("@")[2], resolver))
        except Exception as error:  # noqa: BLE001 # nothing depends on it
            log_failure(log, "the exchangers cannot be asked for", error)
        answers.put(_Asked(ListedProvider(*found) if found else None))

    try:
        threading.Thread(target=ask, name="exchangers", daemon=True).start()
        for at in range(len(candidates)):
            threading.Thread(target=attempt, args=(at,), name="detect", daemon=True).start()
        best = _best(answers, len(candidates))
    finally:
        for cutoff in cutoffs:
            cutoff.cut()
    return candidates[best] if isinstance(best, int) else best


def _best(
    answers: SimpleQueue[_Tried | _Asked | Exception], count: int
) -> int | ListedProvider | None:
    """Return the provider; else the best server, as soon as no better one can still answer."""
    began = monotonic()
    known: dict[int, bool] = {}
    asking = True
    while asking or not _is_settled(known, count):
        limit = PATIENCE_SECONDS if _is_settled(known, count) else DEADLINE_SECONDS
        try:
            answer = answers.get(timeout=max(began + limit - monotonic(), 0.001))
        except Empty:
            break
        match answer:
            case _Tried(at, works):
                known[at] = works
            case _Asked(None):
                asking = False
            case _Asked(told):
                return told
            case error:
                raise error
    return min((at for at, works in known.items() if works), default=None)


def _is_settled(known: Mapping[int, bool], count: int) -> bool:
    """Tell whether what is known decides which server is the best, or that there is none."""
    working = [at for at, works in known.items() if works]
    return len(known) == count or (
        bool(working) and all(better in known for better in range(min(working)))
    )


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


def exchangers_of(domain: str, resolver: tuple[str, int] | None = None) -> tuple[str, ...]:
    """Return the exchangers of a domain in ASCII, the best first; none where that is unknown.

    ``resolver``: the address and port of the server that is asked, in place of the system's.
    Whatever goes wrong, there is no answer: nothing depends on it.
    """
    name = domain.lower().rstrip(".")
    if "." not in name or name.startswith("[") or f".{name}".endswith(_ENDINGS):
        return ()
    # Not when this module is imported: it takes a tenth of a second.
    from dns.exception import DNSException
    from dns.rdtypes.ANY.MX import MX
    from dns.resolver import Resolver

    try:
        asking = Resolver(configure=resolver is None)
        if resolver is not None:
            asking.nameservers, asking.port = [resolver[0]], resolver[1]
        asking.timeout = PATIENCE_SECONDS / 3  # a lost packet is sent again
        answer = asking.resolve(f"{name}.", "MX", search=False, lifetime=PATIENCE_SECONDS)
    except (DNSException, OSError, ValueError) as error:
        log.debug("no exchangers of %s: %s", name, error)
        return ()
    records = [record for record in answer if isinstance(record, MX)]
    records.sort(key=lambda record: record.preference)
    return tuple(record.exchange.to_text(omit_final_dot=True) for record in records)
