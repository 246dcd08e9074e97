"""The user's language: which catalogue to show texts from."""

from __future__ import annotations

import gettext
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from traymail.core.languages import DEFAULT, LANGUAGES
from traymail.core.texts import Translate

DOMAIN = "traymail"
_NO_LANGUAGE = ("C", "POSIX")
CATALOGUES = Path(__file__).parent.parent / "locale"


def choose(wanted: str, environ: Mapping[str, str]) -> str:
    """Return one of LANGUAGES: the wanted one, or for ``auto`` the environment's.

    As gettext reads it: LANGUAGE goes first, except in the locale C.
    """
    if wanted in LANGUAGES:
        return wanted
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale_name = next(filter(None, map(environ.get, names)), None) or _system_language()
    if locale_name.partition(".")[0] in _NO_LANGUAGE:
        return _nearest(locale_name)
    return _nearest(environ.get("LANGUAGE") or locale_name)


def speaking(language: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment whose language is this one; nothing else of its locale changes."""
    changed = dict(environ)
    # It would overrule the language, and gives all the rest.
    if everything := changed.pop("LC_ALL", ""):
        changed["LANG"] = everything
    locale_name = f"{LANGUAGES[language].locale}.UTF-8"
    return {**changed, "LC_MESSAGES": locale_name, "LANGUAGE": language}


@cache
def translator(language: str) -> Translate:
    """Return the function that turns a catalogue entry into ``language``; unknown ones stay."""
    if language == DEFAULT:
        return str
    return gettext.translation(DOMAIN, CATALOGUES, [language], fallback=True).gettext


def _nearest(locale_name: str) -> str:
    name = locale_name.lower()
    known = (code for code, one in LANGUAGES.items() if name.startswith(one.begins))
    return next(known, DEFAULT)


def _system_language() -> str:
    # Windows and macOS set no variable for programs started from the desktop.
    if sys.platform == "win32":
        from traymail.winapi import ui_language

        return windows_language(ui_language())
    if sys.platform == "darwin":
        return _mac_language()
    import locale

    return locale.getlocale()[0] or ""


def windows_language(number: int) -> str:
    """Return what Windows' number of a language (LANGID) means here.

    Its names for locales, such as ``Chinese (Simplified)_China``, are no help.
    """
    # The upper bits tell countries apart.
    known = (one.begins for one in LANGUAGES.values() if one.windows == number & 0x3FF)
    return next(known, DEFAULT)


def _mac_language() -> str:
    from traymail.desktop.mac import mac_choice

    return first_mac_language(mac_choice("AppleLanguages"))  # names such as "zh-Hans-CN"


def first_mac_language(told: str) -> str:
    """Return the first language of what `defaults` prints; "" for none."""
    names = (line.strip(' ",;') for line in told.splitlines())
    return next((name for name in names if name and name not in "()"), "")
