r"""Is a pattern right? What RE2 does not take, what can never match, and what hardly was meant.

`check_pattern` refuses, with the way round; `remark_on` warns. Both know that a pattern sees one
line at a time, and that RE2 takes ``\b`` and ``\w`` for ASCII.
"""

from __future__ import annotations

import re
from dataclasses import replace

from traymail.core.matcher import Pattern, compile_pattern, re2_error
from traymail.core.pattern_shape import Shape, Token, shape_of, tokens_of
from traymail.core.texts import Text, text

MAX_PATTERN = 4096
# Lines that have no character in common; what matches them all matches any line.
_ANY_LINES = tuple(line.encode() for line in ("a", "Z", "7", "_", "-", "错"))
_FLAGS = "imsU"


def check_pattern(pattern: str) -> Text | None:
    """Return None when a pattern can be used, else why not and what to write instead."""
    if not pattern:
        return text("The pattern is empty: it would match every line.")
    if len(pattern) > MAX_PATTERN:
        return text("The pattern is longer than {most} characters.", most=MAX_PATTERN)
    for refusal in filter(None, map(_refusal, tokens_of(pattern))):
        return refusal
    try:
        compile_pattern(pattern)
        used = Pattern(pattern)  # what is right alone may swallow what is put around it
    except UnicodeEncodeError:
        return text("The pattern contains half a character: type that part again.")
    except re2_error() as error:
        return _explain(error)
    return _twice_captured(pattern) or _always(used) or _never(shape_of(pattern))


def remark_on(pattern: str) -> Text | None:
    """Return what a pattern that can be used hardly means; None when there is nothing to say."""
    if all(map(Pattern(pattern).found_in, _ANY_LINES)):
        return text("This matches every line that holds anything.")
    shape = shape_of(pattern)
    live = _live(shape)
    for number, part in enumerate(shape.parts):
        if number not in live and part not in {"^", "$"} and not _is_break(part):
            return text(
                "{part} can never be part of a match: look at the ^, $ and line breaks beside it.",
                part=part,
            )
        if part == r"\b" and (sign := _edge_beside(shape, number)):
            return text(
                r"\b is the edge of a word of ASCII letters, digits and _: beside {sign} it "
                "hardly ever matches. Leave it out there.",
                sign=sign,
            )
        if _ASCII_WORD.match(part) and (sign := _foreign_beside(shape, number)):
            return text(
                r"\w is an ASCII letter, a digit or _: beside {sign} other letters may be meant. "
                r"Write [\pL\pN_] for those of all languages.",
                sign=sign,
            )
    return None


def _sides(shape: Shape, number: int) -> tuple[set[str], set[str]]:
    """Return the parts that can stand before and behind one; "" for what is no part of it."""
    before = {shape.parts[one] for one, after in shape.follow.items() if number in after}
    behind = {shape.parts[one] for one in shape.follow[number]}
    before |= {""} if number in shape.first else set()
    behind |= {""} if number in shape.last else set()
    return before, behind


def _foreign_beside(shape: Shape, number: int) -> str:
    before, behind = _sides(shape, number)
    return min(filter(_is_foreign, before | behind), default="")


def _edge_beside(shape: Shape, number: int) -> str:
    r"""Return the letter beside a ``\b`` that no letter of an ASCII word stands opposite."""
    before, behind = _sides(shape, number)
    pairs = [(one, other) for one in before for other in behind]
    pairs += [(other, one) for one, other in pairs]
    return min((a for a, b in pairs if _is_foreign(a) and not _may_be_word(b)), default="")


def _is_foreign(part: str) -> bool:
    """Tell whether a part stands for letters beyond ASCII, and only those."""
    letters = "".join(sign for sign in part if sign.isalpha())
    return part == r"\p{Han}" or (
        letters != "" and not part.startswith("[^") and not re.search("[A-Za-z0-9]", part)
    )


def _may_be_word(part: str) -> bool:
    """Tell whether a part may be a letter, digit or _ of ASCII."""
    if part.startswith("["):
        return not _is_foreign(part)
    return re.fullmatch(r"[A-Za-z0-9_.]|\\[wdSDx0-7pP].*", part) is not None and part != r"\p{Han}"


_ASCII_WORD = re.compile(r"(?!\[\^)(?:[^\\]|\\[^w])*\\w")


# --- what RE2 takes, and matches otherwise than is meant ------------------------------------------


def _twice_captured(pattern: str) -> Text | None:
    seen: set[str] = set()
    for token in tokens_of(pattern):
        if token.kind == "named" and token.name in seen:
            return text(
                "{name} is captured twice in one pattern, and only the first would count: write a "
                "pattern for each, or give the second another name.",
                name=token.name,
            )
        seen.add(token.name)
    return None


def _always(used: Pattern) -> Text | None:
    if used.found_in(b"") and all(map(used.found_in, _ANY_LINES)):
        return text(
            "This matches every line, even an empty one: a part may be missing, or an alternative "
            "(|) is empty. For every line that holds anything write a single dot."
        )
    return None


def _never(shape: Shape) -> Text | None:
    """Return why no line can match: for its anchors, or for a line break."""
    if not shape.parts or _live(shape):
        return None
    if any(map(_is_break, shape.parts)):
        return text(
            "A pattern sees one line at a time, without its line break: leave the line break out. "
            "Records of several lines are what record_start is for."
        )
    return text(
        r"This can never match: ^ is the beginning of a line and $ its end. For the "
        r"characters themselves write \^ and \$."
    )


# A part by number, whether signs came before it, whether a $ did.
_Place = tuple[int, bool, bool]


def _live(shape: Shape) -> set[int]:
    """Return the parts that lie on a way to a match."""
    reached: dict[_Place, set[_Place]] = {}
    ends: list[_Place] = []
    pending: list[tuple[_Place, _Place | None]] = [((n, False, False), None) for n in shape.first]
    while pending:
        place, origin = pending.pop()
        number, signs, ended = place
        part = shape.parts[number]
        passes = part in {"^", "$", r"\b", r"\B"}
        if _is_break(part) or (part == "^" and signs) or (ended and not passes):
            continue
        known = place in reached
        reached.setdefault(place, set()).update({origin} if origin else ())
        if known:
            continue
        if number in shape.last:
            ends.append(place)
        after = (signs or not passes, ended or part == "$")
        pending += [((one, *after), place) for one in shape.follow[number]]
    live: set[_Place] = set()
    while ends:
        place = ends.pop()
        if place not in live:
            live.add(place)
            ends += reached[place]
    return {number for number, _, _ in live}


def _is_break(part: str) -> bool:
    return part in {"\n", "\\\n", r"\n", r"\012", r"\x0a", r"\x0A", r"[\n]", "[\n]"} or (
        re.fullmatch(r"\\x\{0*[aA]\}", part) is not None
    )


# --- what RE2 does not take -----------------------------------------------------------------------


def _refusal(token: Token) -> Text | None:
    words = token.words
    refusal: Text | None = None
    match token.kind:
        case "quoted" if not words.endswith(r"\E"):
            refusal = text(
                r"What \Q begins is not ended: write \E behind the words it is to quote."
            )
        case "open":
            refusal = _refused_opening(words.rstrip(":)"))
        case "times":
            refusal = _refused_times(words)
        case "braces":
            refusal = text(
                r"RE2 takes {part} literally: to repeat, write {instead}; for the brace itself "
                r"\{{.",
                part=words,
                instead=_times(words),
            )
        case "part" if words.startswith("\\"):
            refusal = _refused_escape(words)
        case _:
            pass
    return refusal


_NO_CASES = text("RE2 has no {token}…): write a pattern for each case.", token="")
_NO_LOOKAROUND = text(
    "RE2 has no lookaround ({token}…): write one pattern for what a line must hold, and one for "
    "what it must not hold (ignore; in the window “but not”).",
    token="",
)
_NO_RECURSION = text(
    "RE2 has no recursion ({token}…): write the part out as often as it is needed.", token=""
)
_OPENINGS = {
    **dict.fromkeys(("(?=", "(?!", "(?<=", "(?<!"), _NO_LOOKAROUND),
    **dict.fromkeys(("(?(", "(?|"), _NO_CASES),
    **dict.fromkeys(("(?R", "(?&", "(?P>"), _NO_RECURSION),
    "(?>": text("RE2 has no atomic groups: write (?:…) instead of (?>…); it is never slow."),
    "(?P=": text("RE2 has no backreferences ({token}…): write the part out again.", token=""),
    "(?#": text("RE2 has no comments in patterns: leave (?#…) out."),
    "(?'": text("RE2 takes names in another form only: write (?P<name>…)."),
    "(*": text("RE2 knows no (*…): leave it out."),
}


def _refused_opening(words: str) -> Text | None:
    if not words.startswith(("(?", "(*")):
        return None
    known = _NO_RECURSION if re.fullmatch(r"\(\?[+-]?\d+", words) else _OPENINGS.get(words)
    return _refused_flags(words) if known is None else _filled(known, token=words)


def _filled(known: Text, **values: str) -> Text:
    return replace(known, values=tuple(values.items())) if known.values else known


def _refused_flags(words: str) -> Text | None:
    on, _, off = words.removeprefix("(?").partition("-")
    if "x" in on:
        return text("RE2 has no flag x: write the pattern without spaces and comments.")
    if "m" in off:
        return text("Leave (?-m) out: ^ and $ are always the ends of a line.")
    if unknown := next((flag for flag in on + off if flag not in _FLAGS), ""):
        return text("RE2 has no flag {flag}, only i, m, s and U: leave it out.", flag=unknown)
    return None


def _refused_times(words: str) -> Text | None:
    least, comma, most = words.strip("{}?+").partition(",")
    if words.startswith("{") and comma and most and int(most) < int(least):
        return text(
            "{part} asks for at least {least} and at most {most}: write the smaller number first.",
            part=words,
            least=least,
            most=most,
        )
    return None


def _times(braces: str) -> str:
    """Return the repetition that was meant by ``{,3}`` or ``{1, 3}``."""
    least, comma, most = "".join(braces.split())[1:-1].partition(",")
    return f"{{{least or '0'}{comma}{most}}}"


_CLASS_ESCAPES = {
    r"\b": r"\x08",
    r"\c": r"\x{…}",
    r"\e": r"\x1b",
    r"\h": r" \t",
    r"\u": r"\x{…}",
    r"\U": r"\x{…}",
}
_ESCAPES = {
    r"\A": "^",
    r"\z": "$",
    r"\Z": "$",
    r"\c": r"\x{…}",
    r"\h": r"[ \t]",
    r"\H": r"[^ \t]",
    r"\N": ".",
    r"\X": ".",
    r"\R": "$",
    r"\e": r"\x1b",
    r"\u": r"\x{…}",
    r"\U": r"\x{…}",
}


def _refused_escape(words: str) -> Text | None:
    if words[1:2] in tuple("123456789") or words in {r"\k", r"\g"}:
        return _filled(_OPENINGS["(?P="], token=words)
    if words in {r"\K", r"\G"}:
        return text("RE2 has no {token}: capture the part by name, as in (?P<name>…).", token=words)
    if words in {r"\<", r"\>"}:
        return text(
            r"RE2 takes {token} for the character {sign}: write \b for the edge of a word, or "
            "{sign} alone for the character.",
            token=words,
            sign=words[1],
        )
    if words.startswith(r"\N{"):
        return text(
            "RE2 knows no character by its name ({token}): write the character itself.", token=words
        )
    return _instead(words, _ESCAPES[words]) if words in _ESCAPES else None


def _instead(words: str, instead: str) -> Text:
    return text(
        "{token} cannot be used here: write {instead} instead.", token=words, instead=instead
    )


def _explain(error: Exception) -> Text:
    said = error.args[0] if error.args else ""
    said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    reason, _, part = said.partition(": ")
    if reason == "bad repetition operator" and part.endswith("+"):
        return text(
            "RE2 has no possessive repetition ({part}): leave the last + out; it is never slow.",
            part=part,
        )
    if reason == "invalid escape sequence":
        if part in _CLASS_ESCAPES:  # outside of brackets they were refused before
            return _instead(part, _CLASS_ESCAPES[part])
        if re.fullmatch(r"\\[dDsSwWpP].*", part):
            return text(
                "A range goes from one character to another, and {part} stands for many: put the "
                "- last in the brackets.",
                part=part,
            )
    if known := _REASONS.get(reason):
        return _filled(known, part=part)
    return text("RE2 does not take the pattern: {said}", said=said)


_REPETITION = text("Nothing stands before {part} that could be repeated.", part="")
_BRACKET = text("A bracket is opened and not closed, or the other way round: {part}", part="")
_CLASS = text("RE2 does not know this class of characters: {part}", part="")
_REASONS = {
    "bad repetition operator": _REPETITION,
    "no argument for repetition operator": _REPETITION,
    "missing )": _BRACKET,
    "unexpected )": _BRACKET,
    "missing ]": _BRACKET,
    "invalid repetition size": text("RE2 repeats at most 1000 times in all: {part}", part=""),
    "invalid character class range": _CLASS,
    "invalid character class": _CLASS,
    "pattern too large - compile failed": text(
        "The pattern is too large: use fewer or smaller repetitions."
    ),
    "invalid named capture group": text("A name is made of letters, digits and _: {part}", part=""),
    "invalid perl operator": text("RE2 does not know {part}…: write (?:…) for a group.", part=""),
    "trailing \\": text(r"The pattern ends in a single \: for the character itself write \\."),
    "invalid escape sequence": text(
        "RE2 does not know {part}: for the sign itself write it without a backslash.", part=""
    ),
}
