"""A table of rows for mails: encodings, delimiters, quotes, and what is wrong by its line."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traymail.core.csv_table import CsvRow, read_table
from traymail.core.errors import InputError, Problem

WORDS = "名字,mail\n王,w@x.example\n"


def rows(words: str) -> list[tuple[int, dict[str, str] | str]]:
    """Return what is in a table: values, or what is wrong, each with its line."""
    return [
        (one.line, dict(one.values)) if isinstance(one, CsvRow) else (one.line or 0, str(one.what))
        for one in read_table(words.encode()).rows()
    ]


@pytest.mark.parametrize(
    "data",
    [
        WORDS.encode(),
        codecs.BOM_UTF8 + WORDS.encode(),
        WORDS.encode("gb18030"),
        WORDS.encode("gbk"),
        codecs.BOM_UTF16_LE + WORDS.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + WORDS.encode("utf-16-be"),
        WORDS.encode("utf-16-le"),
        WORDS.encode("utf-16-be"),
        WORDS.replace("\n", "\r\n").encode(),
        WORDS.replace("\n", "\r").encode(),
        WORDS.replace(",", ";").encode(),
        WORDS.replace(",", "\t").encode("gb18030"),
    ],
)
def test_encodings_ends_of_lines_and_delimiters(data: bytes) -> None:
    table = read_table(data)
    assert table.names == {"csv.名字", "csv.mail"}
    assert list(table.rows()) == [CsvRow(2, {"csv.名字": "王", "csv.mail": "w@x.example"})]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "iso8859-2", "cp1250"])
def test_a_table_of_one_byte_a_letter_is_refused_and_not_read_as_chinese(encoding: str) -> None:
    table = "name,mail\nAnn,a@x.example\nMüller,m@x.example\nGroß,g@x.example\n"
    with pytest.raises(InputError) as raised:
        read_table(table.encode(encoding))
    assert str(raised.value) == "Line 3 of the table is not text."
    assert "UTF-8" in str(raised.value.advice)


@pytest.mark.parametrize("name", ["张喆", "朱镕基", "王𠮷", "李😀", "㐂", "汉字 Müller"])
def test_rare_letters_are_read_in_gb18030(name: str) -> None:
    [row] = read_table(f"名字,mail\n{name},m@x.example\n".encode("gb18030")).rows()
    assert isinstance(row, CsvRow)
    assert row.values["csv.名字"] == name


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("a,b\n", []),
        ("a\nx\n", [(2, {"csv.a": "x"})]),
        (
            ' a ,\nx,y\n"x, ""q"" ",\n',
            [(2, {"csv.a": "x", "csv.": "y"}), (3, {"csv.a": 'x, "q" ', "csv.": ""})],
        ),
        # The line where a row begins, whatever stands before it.
        (
            'a,b\n"one\ntwo",1\n\n,\nx,2',
            [(2, {"csv.a": "one\ntwo", "csv.b": "1"}), (6, {"csv.a": "x", "csv.b": "2"})],
        ),
        (
            "a,b\nx\nx,y,,\nx,y,z\n",
            [
                (2, "the row has 1 cells, and the first row has 2"),
                (3, {"csv.a": "x", "csv.b": "y"}),
                (4, "the row has 3 cells, and the first row has 2"),
            ],
        ),
        (
            'a,b\n"x"y,z\nx,y\n',
            [
                (2, "a quotation mark is not where one may be, or has no partner"),
                (3, {"csv.a": "x", "csv.b": "y"}),
            ],
        ),
        (
            'a,b\nx,y\n"x,y\nx,y\n',
            [
                (2, {"csv.a": "x", "csv.b": "y"}),
                (3, "a quotation mark is not where one may be, or has no partner"),
            ],
        ),
        ("a,b\n{a},{csv.b}\n", [(2, {"csv.a": "{a}", "csv.b": "{csv.b}"})]),
    ],
)
def test_the_rows(words: str, found: list[tuple[int, object]]) -> None:
    assert rows(words) == found


def test_a_first_row_of_very_many_columns_is_read() -> None:
    """Looking each up among those before it would take minutes."""
    head = ",".join(f"c{number}" for number in range(300_000))
    assert len(read_table(f"{head}\n".encode()).columns) == 300_000
    with pytest.raises(InputError, match="“c7”"):
        read_table(f"{head},c7\n".encode())


def test_a_cell_that_is_too_long_is_told_with_its_line() -> None:
    [fault, row] = rows(f"a\n{'x' * 200_000}\ny\n")
    assert fault == (2, "a cell is too long, or its quotation mark has no partner")
    assert row == (3, {"csv.a": "y"})


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (b"", "The table has no first row that names its columns."),
        (b"\n", "The table has no first row that names its columns."),
        (b",,\nx,y,z\n", "The table has no first row that names its columns."),
        (b'"a\nx\n', "The table has no first row that names its columns."),
        (b"a,b, a\n", "Two columns of the table are named “a”."),
        (b"a\nb\n\xff\xff\n", "Line 3 of the table is not text."),
        (codecs.BOM_UTF8 + b"a\n\xe4\n", "Line 2 of the table is not text."),
        (codecs.BOM_UTF16_LE + b"a\0\n", "Line 1 of the table is not text."),
        (b"a\n" * 1000 + b"file\0.txt\n", "Line 1001 of the table is not text."),
    ],
)
def test_what_is_no_table_is_told(data: bytes, title: str) -> None:
    with pytest.raises(InputError) as told:
        read_table(data)
    assert str(told.value) == title


@given(st.binary(max_size=300))
def test_any_file_is_read_or_told(data: bytes) -> None:
    try:
        found = list(read_table(data).rows())
    except InputError:
        return
    lines = [one.line for one in found]
    assert lines == sorted(lines, key=lambda line: line or 0)
    assert all(isinstance(one, CsvRow | Problem) for one in found)
