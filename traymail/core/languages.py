"""The languages that traymail speaks, a row each: where one is listed or told apart, by these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """A language; all but English have a catalogue in `traymail/locale`.

    ``name`` is its own word for itself. ``locale`` is what programs are started with that are to
    speak it, and names of locales that begin with ``begins`` mean it. ``windows`` is Windows'
    number for it (the lower ten bits of a LANGID). ``fonts`` draw it, the best first; ``script``
    is fontconfig's name for its characters where not every font has them.
    """

    name: str
    locale: str
    begins: str
    windows: int
    fonts: tuple[str, ...]
    script: str = ""


LANGUAGES: dict[str, Language] = {
    "en": Language(
        "English",
        locale="en_US",
        begins="en",
        windows=0x09,
        fonts=("Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans"),
    ),
    "zh_CN": Language(
        "简体中文",
        locale="zh_CN",
        # Traditional Chinese readers read Simplified more easily than English.
        begins="zh",
        windows=0x04,
        fonts=("Microsoft YaHei UI", "Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC"),
        script="zh-cn",
    ),
}
DEFAULT = "en"
"""What is spoken to those whose language is not there."""
