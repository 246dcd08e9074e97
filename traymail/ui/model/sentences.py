"""Errors, and advice that fits a window, as sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from traymail.core.errors import Problem, SettingsError, TraymailError
from traymail.core.replies import advice_for
from traymail.core.texts import ByCommand, Text, text


def advice_about(advice_id: str | None) -> Text | None:
    """Return what to do about the failure that has this advice id."""
    return in_window(advice_for(advice_id))


def in_window(advice: Text | None) -> Text | None:
    """Return the same advice without a command."""
    return advice.in_window if isinstance(advice, ByCommand) else advice


def at_hand(advice: Text | None) -> Text | None:
    """Return the same advice for the window of the account it is about."""
    return advice.at_hand if isinstance(advice, ByCommand) else advice


def sentence_of(error: TraymailError) -> Text:
    """Return what went wrong and the way out, as one passage."""
    if isinstance(error, SettingsError) and error.problems:
        return _of_settings(error)
    return _with_way_out(error.title, error.advice)


def of_problems(problems: Sequence[Problem]) -> Text:
    """Return the first problem with its key and the way out, and how many more there are."""
    first, *more = problems
    what = first.what
    if first.where:
        what = text("{where}: {what}", where=first.where, what=what)
    return _and_more(_with_way_out(what, first.advice), more)


def below_field(problem: Problem, say: Callable[[Text], str]) -> str:
    """Return what is wrong with one value and the way out, as they stand below its field."""
    told = say(_with_way_out(problem.what, problem.advice))
    # A name or a path at the beginning is no word of the sentence.
    return told if problem.what.msgid.startswith("{") else told[:1].upper() + told[1:]


def _of_settings(error: SettingsError) -> Text:
    """Return the first of several problems, and how many more there are."""
    first, *more = error.problems
    place = error.file_name if first.line is None else f"{error.file_name}:{first.line}"
    where = f"{place}: {first.where}" if first.where else place
    told = text("{where}: {what}", where=where, what=first.what)
    told = _with_way_out(told, first.advice or text("Fix it in the file."))
    return _and_more(told, more)


def _and_more(told: Text, more: Sequence[Problem]) -> Text:
    return text("{what} And {n} more.", what=_ended(told), n=len(more)) if more else told


def _with_way_out(what: Text, way_out: Text | None) -> Text:
    if way_out is None:
        return what
    return text("{what} {way_out}", what=_ended(what), way_out=in_window(way_out))


def _ended(title: Text) -> Text:
    """Return a title as a sentence of its own."""
    ended = str(title).endswith((".", "?"))
    return title if ended else text("{sentence}.", sentence=title)
