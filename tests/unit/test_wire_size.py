"""What a mail weighs before it is made is never less than what it weighs then."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from traymail.core.markdown import to_html
from traymail.core.message import Address, Attachment, Draft, Stamp, encoded_size
from traymail.core.mime import compose, file_bytes, wire_bytes

STAMP = Stamp("<token@example.com>", datetime(2026, 11, 23, tzinfo=UTC), "=-b0undary")
WORDS = st.text(st.sampled_from("a 字\n=.&<é"), max_size=3000)
FILES = st.lists(st.tuples(st.text(min_size=1, max_size=80), st.integers(0, 10**7)), max_size=4)


@settings(deadline=None)
@given(WORDS, st.booleans(), FILES)
def test_it_is_a_bound(words: str, html: bool, files: list[tuple[str, int]]) -> None:
    me = Address("me@example.com", "Me")
    page = to_html(words) if html else None
    draft = Draft("qq", me, (me,), subject="Hello", text=words, html=page)
    attached = tuple(
        Attachment(name, "image/png", size, "0" * 64, cid=f"{at:032}@mail.example.com" * (at % 2))
        for at, (name, size) in enumerate(files)
    )
    composed = compose(draft, attached, STAMP, version="1")
    size = len(composed.skeleton) + sum(
        encoded_size(one.attachment.size) for one in composed.placed
    )
    assert size <= wire_bytes((words, page or ""), files)


def test_the_bound_is_near() -> None:
    assert wire_bytes((), [("a.pdf", 1_000_000)]) < 1_000_000 * 4 / 3 * 1.03 + 10_000
    assert file_bytes("a.pdf", 0) < 1_000
