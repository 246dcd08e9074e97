import base64
import bz2
import gzip
import io
import json
import lzma
import quopri
import struct
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from traymail.core.message import Address
from traymail.core.mime import wire_bytes
from traymail.core.own_mail import mailed_by_a_rule
from traymail.core.packed import MOST_BYTES
from traymail.core.rules.folder import FolderRule
from traymail.core.selection import Selection, readable, size_reason, split


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
        ("SCAN0002.PDF", True, False),
        ("DEEP/Er/A.Pdf", True, False),
        ("SECRET/a.pdf", False, False),
        (".a.pdf", False, True),
        ("@eaDir/a.pdf", False, False),
        ("x/.stfolder/a.pdf", False, False),
        (".git/a.pdf", False, False),
        ("#recycle/a.pdf", False, False),
        ("x/@Recently-Snapshot/a.pdf", False, False),
        ("$RECYCLE.BIN/a.pdf", False, False),
        ("System Volume Information/a.pdf", False, False),
        ("lost+found/a.pdf", False, False),
        ("Recycled/x/a.pdf", False, False),
        ("CVS/a.pdf", False, False),
        ("回收站/a.pdf", False, False),
        ("recycling/a.pdf", True, False),
        ("Plan.pdf.download/Plan.pdf", False, False),
        ("download/a.pdf", True, False),
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


UNFINISHED = (
    *(
        "a.pdf.part",
        "a.PDF.TMP",
        "a.pdf.temp",
        "a.filepart",
        "a.partial",
        "Unconfirmed 1.crdownload",
    ),
    *("a.pdf.download", "a.opdownload"),
    *("a.pdf.fdmdownload", "a.part.met", "a.mp4.part-Frag12"),
    *("影片.mkv.xltd", "影片.mkv.xltd.cfg", "影片.mkv.td", "影片.mkv.TD.cfg", "a.zip.aria2"),
    *("a.zip.baiduyun.p.downloading", "a.zip.baiduyun.downloading"),
    *("a.iso.!qB", "a.iso.!ut"),
    *("a.iso.bc!", "a.iso.jc!"),
    *("a.pdf.!sync", "a.pdf.ffs_tmp", "a.pdf.sb-1a2b3c4d-AbCdEf"),
    *(
        "a.incomplete",
        "a.pdf.uploading",
        "pureftpd-upload.1a2b",
        "1A2B3C4D",
        "A1B2C3D",
        "~WRL0001.tmp",
    ),
    *("a.py___jb_tmp___", "~syncthing~a.pdf"),
)
# Whatever the rule takes of hidden files.
UNFINISHED_HIDDEN = (
    *(".in.a.pdf.", ".in.a.pdf"),
    *(".pureftpd-upload.1a2b", ".a.pdf.AbC1d2", ".syncthing.a.pdf.tmp"),
    *(".com.google.Chrome.AbCdEf", ".goutputstream-AB12CD"),
    *(".fuse_hidden0001", ".nfs000001"),
    *(".traymail-copy-1.pdf", ".unison.a.pdf.1a.unison.tmp"),
)
SIDE = (
    *("~$a.docx", "a.docx~", "a.txt.~1~"),
    *("#a.txt#", "desktop.ini", "Thumbs.db", "a.laccdb"),
    *("plan.dwl", "plan.dwl2", "a.idlk", "4913", "a.lck"),
)
SIDE_HIDDEN = (
    *(
        ".~lock.a.odt#",
        ".~a.docx",
        "._a.pdf",
        ".DS_Store",
        ".#a.txt",
        ".a.txt.swp",
        ".a.txt.kate-swp",
    ),
)
PLAIN = (
    *(
        "a.pdf",
        "part",
        "tmp",
        "template.docx",
        "a.template",
        "Temp.pdf",
        "x.part1.rar",
        "download.pdf",
    ),
    *(
        "Done!",
        "Mr. Wang!",
        "报告 v1.2 定稿!",
        "报告 v1.0!",
        "20261130",
        "12345678",
        "ABCDEF",
        "a~b.pdf",
    ),
    *(
        "a.bak",
        "counter.parts",
        "#1 a.pdf",
        "#1",
        "a.#",
        "in.a.pdf",
        "4913.pdf",
        "a.tdx",
        "会议纪要.tmpl",
    ),
)
HIDDEN = (".a.pdf", ".htaccess", ".bashrc", ".config.backup", ".a.b", "." * 3 + "a")


@pytest.mark.parametrize("hidden", [False, True])
def test_unfinished_and_foreign_files_are_left_out_and_named(
    hidden: bool,  # a case
) -> None:
    selection = Selection(replace(rule(), hidden=hidden))

    def told(name: str) -> str:
        exclusion = selection.exclusion(f"deep/{name}")
        assert exclusion is None or exclusion.told, name
        return "" if exclusion is None else str(exclusion.reason)

    assert [name for name in PLAIN if told(name)] == []
    for name in UNFINISHED + UNFINISHED_HIDDEN:
        assert "still being written" in told(name), name
    for name in SIDE + SIDE_HIDDEN:
        assert "side file" in told(name), name
    for name in HIDDEN:
        assert ("dot" in told(name)) == (not hidden), name


def test_patterns_take_upper_and_lower_case_alike() -> None:
    selection = Selection(rule(["*.pdf", "[A-C]*.Txt", "!Draft*"], ["secret*"]))
    for path in ("a.PDF", "ä.pDf", "b.txt", "C.TXT"):
        assert selection.exclusion(path) is None, path
    for path in ("d.txt", "DRAFT 1.pdf", "Secret.pdf"):
        assert selection.exclusion(path) is not None, path


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


OURS = b"Received: by x\r\n\tfor y\r\nX-Traymail-Rule: Scans\r\nSubject: x\r\n\r\nbody\r\n"
BOUNCE = (
    b"From: <mailer-daemon@x>\r\nContent-Type: multipart/report; boundary=b\r\n\r\n"
    b"--b\r\n\r\nno such user\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
)
MANY = b"".join(b"Received: from a by b; number %d\r\n" % number for number in range(2000))


@pytest.mark.parametrize(
    "content",
    [
        OURS,
        b"X-TRAYMAIL-RULE : Scans\nTo: you@x\n\n",
        b"\xef\xbb\xbf" + OURS,
        b"\xef\xbb\xbfX-Traymail-Rule: Scans\nSubject: x\n\n",
        b"\xff\xfe" + OURS.decode().encode("utf-16-le"),
        b"\xfe\xff" + OURS.decode().encode("utf-16-be"),
        b"\r\n\r\n" + OURS,
        b"From me@example.com Mon Nov 30 08:00:00 2026\n" + OURS,
        OURS.replace(b"\r\n", b"\n"),
        OURS.replace(b"\r\n", b"\r"),
        MANY + OURS,
        b"X-Long: " + b"x" * 70_000 + b"\r\n" + OURS,
        b"X-Long: " + b"x" * (65_536 - 10) + b"\r\n" + OURS,
        b"Subject: x\r\nX-Traymail-Rule: no end",
        b"\xef\xbb\xbf\xef\xbb\xbf" + OURS,
        OURS.replace(b"\r\n", b"\r\r\n"),
        b"1234      \n" + OURS,
        "名字: x\r\n".encode() + OURS,
        BOUNCE + OURS,
        b"title: x\nX-Traymail-Rule: y\n" + b"Content-Type: message/rfc822\n\n" + OURS,
        BOUNCE.replace(b"message/rfc822", b"text/rfc822-headers") + OURS,
        b"Subject: Fwd\r\nContent-Type: MESSAGE/RFC822\r\n\r\n" + OURS,
        b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n" + OURS,
        b"From a Mon Nov 30\nSubject: x\n\ny\n\nFrom b Mon Nov 30\n" + OURS.replace(b"\r\n", b"\n"),
    ],
)
def test_a_mail_of_our_own_is_known(content: bytes) -> None:
    assert mailed_by_a_rule(io.BytesIO(content).read)


# As a rule really sends it.
SENT = (
    b"Date: Mon, 30 Nov 2026 08:00:00 +0800\r\nFrom: me@example.com\r\nTo: you@example.com\r\n"
    b"Message-ID: <1f0c9a@example.com>\r\nSubject: =?utf-8?b?5omr5o+P5Lu2?=\r\n"
    b"X-Mailer: traymail/0.1.0\r\nAuto-Submitted: auto-generated\r\n"
    b"X-Auto-Response-Suppress: All\r\nX-Traymail-Rule: Scans\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nhere it is\r\n"
)
TRACE = b"Received: from mail.example.com by mx.example.com; Mon, 30 Nov 2026\r\n"
ENCLOSING = (
    b"From: <you@x>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    b"Content-Type: text/plain\r\n\r\nsee below\r\n--b\r\nContent-Type: %s\r\n"
    b"Content-Transfer-Encoding: %s\r\n\r\n%s\r\n--b--\r\n"
)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def quoted(content: bytes, sign: bytes = b"> ") -> bytes:
    return b"".join(sign + line for line in content.splitlines(keepends=True))


def enclosed(content: bytes, kind: bytes, code: Callable[[bytes], bytes], name: bytes) -> bytes:
    return ENCLOSING % (kind, name, code(content))


def saved_by_outlook(content: bytes, encoding: str) -> bytes:
    """As in a .msg: the headers are a stream among others, that of a sender's name before them."""
    headers = content.partition(b"\r\n\r\n")[0].decode().encode(encoding)
    stream = headers + bytes(-len(headers) % 64)
    ole = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\0\x03\0\xfe\xff\x09\0" + bytes(480)
    )
    return ole + bytes(range(256)) * 8 + "Me Myself".encode("utf-16-le") + bytes(46) + stream


def signed(content: bytes) -> bytes:
    """As in a .p7m: the mail stands in a part of what is signed."""
    part = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee below\r\n--b\r\n" * 3
    part += b"Content-Type: message/rfc822\r\n\r\n" + content
    return (
        bytes.fromhex("30820fff06092a864886f70d010702a0820ff030820fec020101")
        + bytes.fromhex("06092a864886f70d010701a0820fa004820f9c")
        + part
        + bytes(range(256))
    )


WRAPPED: dict[str, Callable[[bytes], bytes]] = {
    "a line of words before it": lambda own: b"Here is the mail that you asked for\r\n" + own,
    "a line and an empty one before it": lambda own: b"Saved by hand\r\n\r\n" + own,
    "five lines before it": lambda own: b"a\nb\nc\nd\ne\n" + own,
    "what is left of a folded line": lambda own: b"  for <me@example.com>; Mon, 30 Nov\r\n" + own,
    "headers without their folding": lambda own: TRACE.replace(b" by", b"\r\nby") + own,
    "70 KB and a line before it": lambda own: b"no header\r\n" + TRACE * 1000 + own,
    "a mark and a line before it": lambda own: b"\xef\xbb\xbf" + b"no header\r\n" + own,
    "UTF-16 and a line before it": lambda own: (
        b"\xff\xfe" + ("x\r\n" + own.decode()).encode("utf-16-le")
    ),
    "mailbox in words": lambda own: b"From the desk of me\n" + own.replace(b"\r", b""),
    "refused, base64": lambda own: enclosed(own, b"message/rfc822", base64.encodebytes, b"base64"),
    "refused, base64 in one line": lambda own: enclosed(
        own, b"message/rfc822", base64.b64encode, b"base64"
    ),
    "refused, quoted-printable": lambda own: enclosed(
        own, b"message/rfc822", quopri.encodestring, b"quoted-printable"
    ),
    "attached as any file": lambda own: enclosed(
        own, b"application/octet-stream", base64.encodebytes, b"base64"
    ),
    "attached, zipped": lambda own: enclosed(
        zipped(own), b"application/zip", base64.encodebytes, b"base64"
    ),
    "attached to what is attached": lambda own: enclosed(
        enclosed(own, b"message/rfc822", base64.encodebytes, b"base64"),
        *(b"message/rfc822", base64.encodebytes, b"base64"),
    ),
    "refused in words": lambda own: (
        b"From: <mailer-daemon@x>\r\nSubject: failure notice\r\n\r\nHi. I'm afraid not.\r\n\r\n"
        b"--- Below this line is a copy of the message.\r\n\r\n" + own
    ),
    "quoted in a mail": lambda own: (
        b"From: <you@x>\r\nSubject: Fwd\r\n\r\nYou wrote:\r\n" + quoted(own)
    ),
    "quoted twice": lambda own: b"From: <you@x>\r\n\r\nYou wrote:\r\n" + quoted(quoted(own, b">")),
    "quoted in a text": lambda own: b"What came in the morning:\n\n" + quoted(own),
    "quoted and wrapped": lambda own: (
        b"From: <you@x>\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + quopri.encodestring(quoted(own))
    ),
    "refused in words, base64": lambda own: enclosed(
        b"It could not be delivered.\r\n" * 9 + b"\r\n" + own,
        *(b"text/plain", base64.encodebytes, b"base64"),
    ),
    "quoted-printable, all of it": lambda own: enclosed(
        own,
        b"message/rfc822",
        lambda content: b"=\r\n".join(b"=%02X" % byte for byte in content),
        b"quoted-printable",
    ),
    "signed": signed,
    "signed, in a mail": lambda own: enclosed(
        signed(own), b"application/pkcs7-mime", base64.encodebytes, b"base64"
    ),
    "Outlook": lambda own: saved_by_outlook(own, "utf-16-le"),
    "Outlook of old": lambda own: saved_by_outlook(own, "latin-1"),
    "winmail.dat": lambda own: b"\x78\x9f\x3e\x22" + bytes(range(256)) * 4 + own,
    "base64 alone": base64.encodebytes,
    "JSON": lambda own: json.dumps({"id": 1, "raw": own.decode()}).encode(),
    "JSON, in lines": lambda own: json.dumps([{"id": 1, "raw": own.decode()}], indent=2).encode(),
}


@pytest.mark.parametrize("how", WRAPPED)
def test_a_mail_of_our_own_is_known_in_whatever_stands_around_it(how: str) -> None:
    wrap = WRAPPED[how]
    for own in (SENT, TRACE + SENT, SENT.replace(b"\r\n", b"\n")):
        assert mailed_by_a_rule(io.BytesIO(wrap(own)).read)
    other = SENT.replace(b"X-Traymail-Rule: Scans\r\n", b"")
    assert not mailed_by_a_rule(io.BytesIO(wrap(other)).read)


def test_a_mail_of_our_own_is_known_behind_gigabytes_of_a_zip() -> None:
    """2.5 GB that are not there but for their length, and the mail behind them."""
    large = 2_500_000_000
    head = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, *(0,) * 3, large, large, 1, 0) + b"v"
    last = io.BytesIO()
    with zipfile.ZipFile(last, "w") as archive:
        archive.writestr("one.eml", SENT)
    begin, end, zeros = io.BytesIO(head), io.BytesIO(last.getvalue()), bytes(2**20)

    def read(size: int) -> bytes:
        nonlocal large
        if (taken := begin.read(size)) or not large:
            return taken or end.read(size)
        large -= (count := min(size, large, len(zeros)))
        return zeros[:count]

    assert mailed_by_a_rule(read)


def test_what_is_encrypted_is_not_seen_into() -> None:
    """A rule's caps are what slows it down then."""
    target = io.BytesIO(zipped(SENT, method=zipfile.ZIP_STORED))
    content = bytearray(target.getvalue())
    at = content.index(b"mails/one.eml") - 30
    content[at + 6] |= 1
    key = bytes(byte ^ 0x5A for byte in SENT)
    assert not mailed_by_a_rule(io.BytesIO(bytes(content).replace(SENT, key)).read)


def zipped(content: bytes, *, seekable: bool = True, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with a picture before and a text behind; not ``seekable``: sizes stand behind."""
    target = io.BytesIO()
    if not seekable:
        target.seekable = lambda: False  # type: ignore[method-assign] # as a pipe is
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr("picture.jpg", bytes(range(256)) * 1000)
        archive.writestr("mails/one.eml", content)
        archive.writestr("note.txt", "of no interest")
    return target.getvalue()


def zipped_large(content: bytes) -> bytes:
    """A zip whose sizes are written as those of very large files are."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, held in (("picture.jpg", bytes(1000)), ("one.eml", content)):
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(held)
    return target.getvalue()


def old_tar(content: bytes) -> bytes:
    """A tar as it was before POSIX: its header has a sum, and no sign."""
    packed = bytearray(tarred(content, first=()))
    packed[257:265] = bytes(8)
    packed[148:156] = b" " * 8
    packed[148:156] = b"%06o\0 " % sum(packed[:512])
    return bytes(packed)


def tarred(
    content: bytes, how: str = "", first: Sequence[tuple[str, bytes]] = (("a" * 150, b"x" * 700),)
) -> bytes:
    target = io.BytesIO()
    with tarfile.open(
        fileobj=target, mode="w:gz" if how == "gz" else "w:xz" if how else "w"
    ) as archive:
        for name, held in (*first, ("one.eml", content), ("b", b"y")):
            member = tarfile.TarInfo(name)
            member.size = len(held)
            archive.addfile(member, io.BytesIO(held))
    return target.getvalue()


MAILBOX = b"From a Mon Nov 30\nSubject: x\n\ny\n\nFrom b Mon Nov 30\n" + OURS.replace(b"\r", b"")
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "gz of two": lambda content: gzip.compress(b"") + gzip.compress(content),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": zipped,
    "zip, stored": lambda content: zipped(content, method=zipfile.ZIP_STORED),
    "zip, bzip2": lambda content: zipped(content, method=zipfile.ZIP_BZIP2),
    "zip, large": zipped_large,
    "tar, old": old_tar,
    "zip, from a pipe": lambda content: zipped(content, seekable=False),
    "tar": tarred,
    "tgz": lambda content: tarred(content, "gz"),
    "txz": lambda content: tarred(content, "xz"),
    "zip in zip": lambda content: zipped(zipped(content)),
    "tgz in zip": lambda content: zipped(tarred(content, "gz")),
    "zip in tgz": lambda content: tarred(zipped(content, seekable=False), "gz"),
}


@pytest.mark.parametrize("how", PACKED)
def test_a_mail_of_our_own_is_known_when_it_is_packed(how: str) -> None:
    pack = PACKED[how]
    for own in (OURS, MAILBOX, MANY + OURS):
        assert mailed_by_a_rule(io.BytesIO(pack(own)).read)
    for other in (b"Subject: of somebody else\r\n\r\n", b"\0" * 100_000, b""):
        assert not mailed_by_a_rule(io.BytesIO(pack(other)).read)


@pytest.mark.parametrize("how", PACKED)
def test_what_is_damaged_holds_what_comes_before_the_damage(how: str) -> None:
    whole = PACKED[how](OURS)
    for at in range(0, len(whole), max(1, len(whole) // 97)):
        mailed_by_a_rule(io.BytesIO(whole[:at]).read)
        mailed_by_a_rule(io.BytesIO(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]).read)


def test_a_bomb_is_read_within_bounds() -> None:
    """A file of 1 MB that would fill a disk, and one that holds itself without end."""
    taken = 0

    def endless(size: int) -> bytes:
        nonlocal taken
        taken += size
        return zlib_of_zeros[: min(size, len(zlib_of_zeros))]

    zlib_of_zeros = gzip.compress(bytes(2**24))
    assert not mailed_by_a_rule(io.BytesIO(gzip.compress(gzip.compress(bytes(2**28)))).read)
    assert not mailed_by_a_rule(endless)
    assert taken < MOST_BYTES


@pytest.mark.parametrize("how", ["encrypted", "long heads", "folders in a tar"])
def test_members_that_hold_nothing_are_read_within_bounds(how: str) -> None:
    """None of them is looked into, and there is no end of them."""
    extra = 65_535 if how == "long heads" else 0
    one = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 1, 99, *(0,) * 6, extra) + bytes(extra)
    if how == "folders in a tar":
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        one = folder.tobuf()
    taken = 0

    def endless(size: int) -> bytes:
        nonlocal taken
        if taken > 2 * MOST_BYTES:
            return b""
        at = taken % len(one)
        taken += size
        return (one[at:] + one * (size // len(one) + 1))[:size]

    assert not mailed_by_a_rule(endless)
    assert taken < 1.5 * MOST_BYTES


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"Subject: x\r\n\r\nX-Traymail-Rule: Scans\r\n",
        b"A report.\nX-Traymail-Rule: Scans\n",
        b"X-Traymail-Rule: Scans\n",
        b"title: x\nX-Traymail-Rule: y\n",
        b"name: filter\nX-Traymail-Rule: Scans\naction: drop\n\nSubject: all of them\n",
        b"Subject: about X-Traymail-Rule: Scans\r\n\r\n",
        BOUNCE + b"Subject: of somebody else\r\n\r\n",
        b"%PDF-1.7\nX-Traymail-Rule: Scans\n",
        bytes(100_000),
        b"Subject: x\n\n" + b"y" * 65_536 + b"\nX-Traymail-Rule: Scans\n",
        b"From: <you@x>\nDate: Mon, 30 Nov 2026 08:00:00\n\nYour rule adds this header:\n"
        b"X-Traymail-Rule: Scans\nand these:\nAuto-Submitted: auto-generated\n"
        b"X-Auto-Response-Suppress: All\n\nWhat for?\n",
        b"Every mail of a rule has\nAuto-Submitted: auto-generated\nX-Traymail-Rule: NAME\n"
        b"Date: when it was stored\nMessage-ID: the same at every try\n",
        b"> X-Traymail-Rule: Scans\n> Subject: what is this?\n> From: me\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(500)
        + "\nX-Traymail-Rule: \n".encode("utf-16-le"),
        base64.encodebytes(b"A report that tells of X-Traymail-Rule: Scans\n" * 20),
        b'import email\n\n\nSENT = """\\\n' + b"# no mail\n" * 9 + SENT,
    ],
)
def test_anything_else_is_mailed(content: bytes) -> None:
    assert not mailed_by_a_rule(io.BytesIO(content).read)


@pytest.mark.parametrize(
    "name", ["README.md", "README.zh-CN.md", "CHANGELOG.md", "ARCHITECTURE.md"]
)
def test_what_tells_of_traymail_is_mailed(name: str) -> None:
    with (Path(__file__).parents[2] / name).open("rb") as content:
        assert not mailed_by_a_rule(content.read)


def test_any_text_is_looked_into_within_bounds() -> None:
    """Also one that seems to hold as many coded files and marks as it has lines."""
    lines = base64.b64encode(b"PK\3\4" + bytes(300)) + b"\n\n"
    marks = b"words\nX-Traymail-Rule: x\n\n"
    for line in (lines, marks, b"> " + marks, b"=\n", b"\0" * 64):
        taken = 0

        def endless(size: int, line: bytes = line) -> bytes:
            nonlocal taken
            taken += size
            return line * (size // len(line) + 1) if taken < 2**30 else b""

        for begin in (b"", b"Subject: x\n\n"):
            taken, first = 0, io.BytesIO(begin)

            def read(size: int, first: io.BytesIO = first) -> bytes:
                return first.read(size) or endless(size)

            assert not mailed_by_a_rule(read)
            assert taken < 2**25
