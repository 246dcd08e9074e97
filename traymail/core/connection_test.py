"""What looking at a server finds: the steps of a connection test, and settings to propose."""

from __future__ import annotations

from dataclasses import dataclass

from traymail.core.account import Security
from traymail.core.errors import CredentialError, DeliveryError
from traymail.core.provider import Provider
from traymail.core.texts import Text


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a connection test.

    ``ok`` None: left out for the reason in ``detail``, or not reached; ``ms``: its time;
    ``failure``: what the same would be for a mail.
    """

    step: str
    ok: bool | None
    ms: int | None = None
    detail: Text | str = ""
    advice: Text | None = None
    failure: DeliveryError | CredentialError | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The settings for an address; ``provider`` None when the table does not know the server."""

    host: str
    port: int
    security: Security
    username: str
    provider: Provider | None
    how: Text
