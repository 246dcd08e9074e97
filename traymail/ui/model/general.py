"""The page of what concerns the whole program: each change is saved at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from traymail.core.consent import Risk
from traymail.core.duration import parse_duration
from traymail.core.errors import Problem, SettingsError, TraymailError
from traymail.core.fields import Choice, Field, FieldKind, Section, fields_of
from traymail.core.keys import Layout, laid_out, rows_of
from traymail.core.settings import Settings, TopKeys
from traymail.core.texts import Text, text
from traymail.ui.model.rule_values import codec_of, plain
from traymail.ui.model.sentences import sentence_of

AUTOSTART = "autostart"
# What has more is no number that anyone means, nor one that Python reads.
MOST_DIGITS = 20
_FOREVER = "36500d"


def values_of(settings: TopKeys, keys: type[TopKeys] = TopKeys) -> dict[str, str]:
    """Return what the fields show of the keys above all tables."""
    return {
        name: codec_of(row.asked.kind).show(plain(name, getattr(settings, field)))
        for name, (field, row) in rows_of(keys).items()
        if row.asked is not None
    }


def form_of(keys: type[TopKeys]) -> tuple[Section, Section]:
    """Return what the page asks for, above and below: appearance, and how the program behaves."""
    layout: Layout = (
        (None, ("language", "theme", "tray_icon")),
        (None, ("notifications", "retention", "rules_max_per_hour")),
    )
    usual = values_of(keys(), keys)
    above, below = (
        Section(None, tuple(replace(one, default=usual[one.name]) for one in section.fields))
        for section in laid_out(keys, layout)
    )
    start = Field(
        AUTOSTART,
        text("S&tart"),
        FieldKind.SWITCH,
        unit=text("Start with the desktop, without opening a window"),
        default="false",
    )
    return above, Section(None, (start, *below.fields))


APPEARANCE, BEHAVIOUR = ((section,) for section in form_of(TopKeys))
_KINDS = {one.name: one.kind for one in fields_of((*APPEARANCE, *BEHAVIOUR))}
NO_FONT = text("No font on this computer has Chinese characters.")
INSTALL_FONT = text(
    "Install the package fonts-noto-cjk and start traymail again; until then it is in English."
)
_USUAL_TIMES: Mapping[str, Text] = {
    "7d": text("{n} days", n=7),
    "30d": text("{n} days", n=30),
    "90d": text("{n} days", n=90),
    "365d": text("1 year"),
    _FOREVER: text("forever"),
}


class Move(Enum):
    """What is done with the whole configuration."""

    EXPORT = "export"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class General:
    """The page. ``values`` by the name of their field; ``saving`` are the fields under way.

    ``unconfirmed``: what an edit by hand could do with secrets, and waits for the user's consent.
    ``known``: it was asked how things stand. ``outcome``: what came of the last export or import,
    ``failed`` when nothing did. ``trouble``: why it could not be asked.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Path] = field(default_factory=dict)
    problems: Mapping[str, Problem] = field(default_factory=dict)
    unconfirmed: tuple[Risk, ...] = ()
    saving: frozenset[str] = frozenset()
    moving: Move | None = None
    outcome: Text | None = None
    failed: bool = False
    known: bool = False
    trouble: Text | None = None

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self.saving) or self.moving is not None


def known(page: General, settings: Settings, places: Mapping[str, Path]) -> General:
    """Return the page as things stand; what is being saved, or typed wrongly, stays as it is."""
    fresh = {AUTOSTART: "false", **page.values, **values_of(settings)}
    kept = {
        name: value
        for name, value in page.values.items()
        if name in page.saving or (name in page.problems and is_typed(name))
    }
    return replace(page, values={**fresh, **kept}, places=places, known=True, trouble=None)


def starts(page: General, *, on: bool) -> General:
    """Take in whether the program starts with the desktop; what is being saved stays as it is."""
    if AUTOSTART in page.saving:
        return page
    return replace(page, values={**page.values, AUTOSTART: "true" if on else "false"})


def lacking_font(page: General) -> General:
    """Tell at the language why it is not the one that is shown."""
    problem = Problem("language", NO_FONT, advice=INSTALL_FONT)
    return replace(page, problems={**page.problems, "language": problem})


def unknown(page: General, error: TraymailError) -> General:
    """Return the page when it could not be asked how things stand."""
    return replace(page, trouble=sentence_of(error))


def changed(page: General, name: str, value: str) -> General:
    """Take in a change, which is then saved."""
    problems = {key: one for key, one in page.problems.items() if key != name}
    return replace(
        page,
        values={**page.values, name: value},
        problems=problems,
        saving=page.saving | {name},
    )


def is_typed(name: str) -> bool:
    """Tell whether a field is typed into, and saved after a while; the others are chosen."""
    return _KINDS[name] not in {FieldKind.SEGMENTS, FieldKind.CHOICE, FieldKind.SWITCH}


def written(page: General, name: str) -> Any:  # noqa: ANN401 - what TOML may hold
    """Return a value as config.toml holds it; what is no number stays as it is."""
    value = page.values[name].strip()
    if _KINDS[name] is FieldKind.NUMBER:
        number = value.isdecimal() and value.isascii() and len(value) <= MOST_DIGITS
        return int(value) if number else value
    return codec_of(_KINDS[name]).read(value)


def saved(page: General, name: str) -> General:
    """Note that a change is in force."""
    return replace(page, saving=page.saving - {name})


def refused(page: General, name: str, error: TraymailError) -> General:
    """Tell at the field why a change is not in force."""
    problem = Problem(name, sentence_of(error))
    if isinstance(error, SettingsError):
        problem = next((one for one in error.problems if one.where == name), problem)
    return replace(page, saving=page.saving - {name}, problems={**page.problems, name: problem})


def stopped(page: General) -> General:
    """Return the page when the user waits no longer; how things stand is asked anew."""
    return replace(page, saving=frozenset(), moving=None)


def moving(page: General, move: Move) -> General:
    """Return the page while the configuration is written elsewhere, or read from there."""
    return replace(page, moving=move, outcome=None, failed=False)


def moved(page: General, file: str) -> General:
    """Tell that it is done; ``file`` is the name of the other file."""
    words = (
        text("Written to {file}.", file=file)
        if page.moving is Move.EXPORT
        else text("{file} is now in use. The previous one is kept beside it, as .bak.", file=file)
    )
    # What could not be saved before may have been replaced.
    return replace(page, moving=None, outcome=words, failed=False, problems={})


def not_moved(page: General, error: TraymailError) -> General:
    """Tell why it is not."""
    return replace(page, moving=None, outcome=sentence_of(error), failed=True)


def retention_field(page: General) -> Field:
    """Return the field of the retention, with the usual times and the one that is set."""
    value = page.values.get("retention", "")
    times = dict(_USUAL_TIMES)
    if value and value not in times:
        times[value] = _told(parse_duration(value))
    ordered = sorted(times, key=parse_duration)
    choices = tuple(Choice(one, times[one]) for one in ordered)
    return replace(
        next(one for one in BEHAVIOUR[0].fields if one.name == "retention"), choices=choices
    )


def _told(duration: timedelta) -> Text:
    if duration % timedelta(days=1):
        return text("{n} hours", n=f"{duration / timedelta(hours=1):g}")
    return text("1 day") if duration.days == 1 else text("{n} days", n=duration.days)


def short(path: Path, home: Path) -> str:
    """Return a path as people of this system write it: ``~`` is the user's folder."""
    return str(Path("~", path.relative_to(home)) if path.is_relative_to(home) else path)


def folder_of(name: str, path: Path) -> Path:
    """Return the folder to open for one of the places."""
    return path if name == "state" else path.parent
