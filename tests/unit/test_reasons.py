from __future__ import annotations

import errno
import os
import sys

import pytest

from tests.support.catalogue import entries
from traymail.core.errors import StateError
from traymail.core.reasons import foreseen, reason_of, title_of
from traymail.core.texts import Text, text

USUAL = (
    *(errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOSPC, errno.EROFS, errno.EISDIR),
    *(errno.ENOTDIR, errno.EIO, errno.ENAMETOOLONG, errno.EMFILE, errno.EEXIST),
    # On Windows, that number is one of sockets, for which C has no words.
    *(() if sys.platform == "win32" else (errno.ELOOP,)),
)


@pytest.mark.parametrize("number", USUAL)
def test_what_systems_usually_say_can_be_translated(number: int) -> None:
    reason = reason_of(OSError(number, os.strerror(number)))
    assert isinstance(reason, Text)
    assert str(reason) == os.strerror(number)
    (chinese,) = next(one.strings for one in entries() if one.said == reason.msgid)
    assert not any(sign.isascii() and sign.isalpha() for sign in chinese)


def test_what_nobody_knows_stays_as_it_is() -> None:
    assert reason_of(OSError(0, "odd")) == "odd"
    assert reason_of(OSError("no number")) == "no number"
    assert reason_of(ValueError("no file")) == "no file"


@pytest.mark.parametrize(
    "error",
    [
        StateError(text("Bad.")),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EMFILE, "Too many open files", "/x"),
        OSError(errno.EFBIG, "File too large"),
        PermissionError(errno.EACCES, "Permission denied", "/x"),
        MemoryError(),
        RuntimeError("can't start new thread"),
    ],
    ids=repr,
)
def test_what_any_call_may_fail_with_is_told_with_a_way_out(error: Exception) -> None:
    known = foreseen(error)
    assert known is not None
    assert known.advice is not None or known is error
    assert "inside traymail" not in str(title_of(error))


@pytest.mark.parametrize(
    "error", [ValueError("x"), RuntimeError("x"), OSError(errno.EBADF, "x"), OSError("x")], ids=repr
)
def test_the_rest_nobody_foresaw(error: Exception) -> None:
    assert foreseen(error) is None
    assert "inside traymail" in str(title_of(error))


def test_a_tree_that_is_too_deep_for_python_is_told_in_plain_words() -> None:
    reason = reason_of(RecursionError("maximum recursion depth exceeded"))
    assert str(reason) == "folders lie too deep in one another"
