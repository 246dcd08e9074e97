"""What is asked of an account that signs in by OAuth2, and the way to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from traymail.accounts.smtp_fields import ASKED
from traymail.core.account_form import as_written
from traymail.core.fields import Form, Section, fields_of
from traymail.core.oauth import service_for
from traymail.core.provider import AuthKind, Provider
from traymail.core.texts import Text, text
from traymail.ui.model.guides import GuideStep

_OF = "oauth."
_ID = replace(ASKED["oauth.client_id"], label=text("Client &id"))
_TENANT = replace(ASKED["oauth.tenant"], label=text("Te&nant"), rare=True)
_ADDRESSES = (
    replace(ASKED["oauth.authorize_url"], label=text("Page to si&gn in")),
    replace(ASKED["oauth.token_url"], label=text("&Tokens from")),
    replace(ASKED["oauth.device_url"], label=text("Codes &from"), rare=True),
    replace(ASKED["oauth.scope"], label=text("Sco&pe")),
    replace(ASKED["oauth.redirect_port"], rare=True),
)


def form_for(host: str) -> Form:
    """Return what is asked for a sign-in at a mail server, but for the client's secret."""
    service = service_for(host)
    if service is None:
        return (Section(None, (_ID, *_ADDRESSES)),)
    return (Section(None, (_ID, _TENANT) if service.has_tenants else (_ID,)),)


def begin(host: str) -> dict[str, str]:
    """Return that form while nothing is typed."""
    return {one.name: one.default for one in fields_of(form_for(host))}


def table(values: Mapping[str, str]) -> dict[str, Any]:
    """Return what an account says of its sign-in."""
    form: Form = (Section(None, (_ID, _TENANT, *_ADDRESSES)),)
    oauth = {name.removeprefix(_OF): as_written(form, name, values[name]) for name in values}
    given = {key: value for key, value in oauth.items() if value is not None}
    return {"auth": "oauth2", "oauth": given}


def is_about(where: str) -> bool:
    """Tell whether a problem is one of the sign-in."""
    return where == "oauth" or where.startswith(_OF)


def steps_for(host: str) -> tuple[GuideStep, ...]:
    """Return how one gets a client id for a mail server."""
    service = service_for(host)
    return _OTHER if service is None else _STEPS.get(service.id, _OTHER)


def title_for(provider: Provider | None) -> Text:
    """Return what stands above."""
    if provider is None:
        return text("Sign in in the browser")
    return text("Sign in at {provider}", provider=provider.name)


def easier(provider: Provider | None) -> Text | None:
    """Return what does the same without a client id, where there is something."""
    if provider is None or provider.auth_kind is not AuthKind.APP_PASSWORD:
        return None
    return text(
        "An app password of {provider} does the same, and takes a minute.", provider=provider.name
    )


def offers_devices(host: str) -> bool:
    """Tell whether one may sign in there on another device, as far as that is known."""
    service = service_for(host)
    return service is None or bool(service.device_url)


_MICROSOFT = (
    GuideStep(
        text("Open Microsoft Entra and choose “App registrations” → “New registration”"),
        text("Allow accounts in any organisation, and personal ones."),
        url="https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade",
    ),
    GuideStep(
        text("“Authentication”: add “Mobile and desktop applications” with http://localhost"),
        text("Allow public client flows there."),
    ),
    GuideStep(text("“API permissions”: SMTP.Send. Then copy the application (client) ID")),
)
_MICROSOFT_CHINA = (
    GuideStep(
        text("Open the Azure portal of 21Vianet and choose “App registrations”"),
        url="https://portal.azure.cn",
    ),
    *_MICROSOFT[1:],
)
_GOOGLE = (
    GuideStep(
        text("Open Google Cloud, make a project and choose “Credentials”"),
        text("Publish the project, or you are asked to sign in again every 7 days."),
        url="https://console.cloud.google.com/apis/credentials",
    ),
    GuideStep(text("Make an “OAuth client ID” of the type “Desktop app”")),
    GuideStep(text("Copy the client ID and the client secret")),
)
_OTHER = (
    GuideStep(text("Register a program of your own with your provider")),
    GuideStep(text("Where it asks for a redirect address: http://127.0.0.1")),
    GuideStep(text("Copy the client ID")),
)
_STEPS = {"microsoft": _MICROSOFT, "microsoft-cn": _MICROSOFT_CHINA, "google": _GOOGLE}
