"""Who takes in the mail of a domain: its MX records, asked for with a time limit."""

from __future__ import annotations

import logging

# So long the answer is waited for: what knows it usually answers within a tenth of a second.
PATIENCE_SECONDS = 3.0

# https://www.iana.org/assignments/special-use-domain-names: no server of the world knows these.
_NOT_ASKED = ("test", "invalid", "example", "localhost", "local", "onion", "internal", "home.arpa")

log = logging.getLogger(__name__)


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


_ENDINGS = tuple(f".{one}" for one in _NOT_ASKED)
