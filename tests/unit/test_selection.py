from collections.abc import Sequence

import pytest

from traymail.core.message import Address
from traymail.core.rules.folder import FolderRule
from traymail.core.selection import Selection, readable, size_reason, split
from traymail.core.wire_size import wire_bytes


def rule(
    include: Sequence[str] = ("*",), exclude: Sequence[str] = (), *, zip_it: bool = False
) -> FolderRule:
    return FolderRule(
        name="Scans",
        account="qq",
        to=(Address("me@example.com"),),
        folder="/home/me/Scans",
        move_to="/home/me/Scans/sent",
        failed_to="/home/me/Scans/no good",
        recursive=True,
        include=tuple(include),
        exclude=tuple(exclude),
        max_bytes=1_000_000,
        zip=zip_it,
    )


@pytest.mark.parametrize(
    ("path", "wanted", "told"),
    [
        ("a.pdf", True, False),
        ("Invoice 发票.pdf", True, False),
        ("deep/er/a.pdf", True, False),
        ("a.txt", False, False),
        ("secret/a.pdf", False, False),
        ("a.pdf.part", False, True),
        ("a.pdf.crdownload", False, True),
        ("a.PDF.TMP", False, True),
        ("a.filepart", False, True),
        ("a.partial", False, True),
        (".traymail-copy-1.pdf", False, True),
        ("~$a.pdf", False, False),
        (".~lock.a.pdf#", False, False),
        ("._a.pdf", False, False),
        (".DS_Store", False, False),
        ("desktop.ini", False, False),
        ("Thumbs.db", False, False),
        (".syncthing.a.pdf", False, False),
        ("~syncthing~a.pdf", False, False),
        ("@eaDir/a.pdf", False, False),
        ("x/.stfolder/a.pdf", False, False),
        ("sent/a.pdf", False, False),
        ("no good/a.pdf", False, False),
        ("sent of mine/a.pdf", True, False),
        ("own/a.pdf", False, False),
    ],
)
def test_which_files_are_mailed(path: str, wanted: bool, told: bool) -> None:
    selection = Selection(rule(["*.pdf", "*.part*"], ["secret/"]), ["/home/me/Scans/own", "/else"])
    exclusion = selection.exclusion(path)
    assert (exclusion is None) == wanted
    assert (exclusion is not None and exclusion.told) == told


def test_an_include_pattern_can_be_taken_back() -> None:
    selection = Selection(rule(["*.pdf", "!draft*"]))
    assert selection.exclusion("a.pdf") is None
    assert selection.exclusion("draft.pdf") is not None


@pytest.mark.parametrize(
    ("size", "zip_it", "reason"),
    [
        (0, False, "min_bytes"),
        (1, False, None),
        (300_000, False, None),
        (400_000, False, "third"),
        (400_000, True, None),
        (1_000_001, False, "max_bytes"),
        (1_000_001, True, "max_bytes"),
    ],
)
def test_sizes(size: int, zip_it: bool, reason: str | None) -> None:
    told = size_reason(rule(zip_it=zip_it), size, wire_limit=500_000)
    assert (told is None) if reason is None else (reason in str(told))


def test_files_are_shared_out_to_mails_under_the_limit() -> None:
    files = [(f"{number}.pdf", 100_000) for number in range(10)]
    mails = split("{files}", files, 500_000)
    assert [one for mail in mails for one in mail] == list(range(10))
    assert len(mails) == 4
    for mail in mails:
        assert wire_bytes(("{files}",), [files[one] for one in mail]) <= 500_000
    assert split("", [("a", 9_000_000), ("b", 1)], 500_000) == [[0], [1]]
    assert split("", [], 1) == []


def test_names_that_are_no_text_can_be_shown() -> None:
    assert readable("caf\udce9.pdf") == "caf?.pdf"
