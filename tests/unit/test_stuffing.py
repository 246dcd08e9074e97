from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traymail.senders.smtp_session import stuffed

CRLF = b"\r\n"


def in_pieces(message: bytes, cuts: list[int]) -> bytes:
    """Stuff a message that comes in pieces, as a sender does."""
    edges = sorted({0, len(message), *(cut % (len(message) + 1) for cut in cuts)})
    tail, out = CRLF, b""
    for begin, end in pairwise(edges):
        chunk = message[begin:end]
        out += stuffed(chunk, tail)
        tail = (tail + chunk[-2:])[-2:]
    return out


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (b"", b""),
        (b".", b".."),
        (b"a.b\r\n.c\r\n..d\r\n", b"a.b\r\n..c\r\n...d\r\n"),
        (b".\r\n.\r\n", b"..\r\n..\r\n"),
        (b"a\n.b\r.c", b"a\n.b\r.c"),
    ],
)
def test_dots_that_begin_a_line_are_doubled(message: bytes, wire: bytes) -> None:
    assert stuffed(message, CRLF) == wire


@given(
    st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"\r\n.", b"a"])).map(b"".join),
    st.lists(st.integers(0, 1000)),
)
def test_where_the_pieces_end_does_not_matter(message: bytes, cuts: list[int]) -> None:
    assert in_pieces(message, cuts) == stuffed(message, CRLF)
    unstuffed = (CRLF + stuffed(message, CRLF)).replace(b"\r\n..", b"\r\n.")[2:]
    assert unstuffed == message
