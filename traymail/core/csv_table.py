"""A table of rows for mails, as spreadsheets write it: CSV in several encodings and forms."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from traymail.core.address import parse_addresses
from traymail.core.errors import InputError, Problem
from traymail.core.texts import Text, text

PREFIX = "csv."
"""What stands before the name of a column in a placeholder."""
_DELIMITERS = ",;\t"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Letters with accents in encodings of one byte a letter stand alone among others, and read as
# GB18030 they swallow what follows them. In Chinese, bytes above 127 stand together but for rare
# letters, and in front of a digit (four bytes a letter).
_ALONE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff0-9])")
_TOGETHER = re.compile(rb"[\x80-\xff]{2,}")

# What columns of addresses are called.
_ADDRESSES = frozenset(
    (
        *("to", "mail", "email", "emailaddress", "mailaddress", "recipient", "address"),
        *("邮箱", "邮箱地址", "电子邮箱", "电子邮件", "邮件", "邮件地址", "收件人"),
    )
)


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row: the line of the file where it begins, and its values by placeholder."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A table whose first row names the columns; ``names`` are their placeholders."""

    words: str
    delimiter: str
    columns: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """Return the placeholders that mails may hold."""
        return frozenset(PREFIX + column for column in self.columns if column)

    @property
    def likely_to(self) -> str:
        """The placeholder of the column that holds addresses, as its name or its cells tell; ""."""
        named = [one for one in self.columns if _plain(one) in _ADDRESSES]
        if named:
            return f"{{{PREFIX}{named[0]}}}"
        first = next((row for row in self.rows() if isinstance(row, CsvRow)), None)
        for name, cell in first.values.items() if first else ():
            with suppress(InputError):
                if parse_addresses(cell):
                    return f"{{{name}}}"
        return ""

    def rows(self) -> Iterator[CsvRow | Problem]:
        """Yield the rows in order, for each that is damaged what is wrong; empty ones are none."""
        for line, cells in _lines(self.words, self.delimiter):
            if isinstance(cells, Problem):
                yield cells
            elif line > 1 and any(cell.strip() for cell in cells):
                yield self._row(line, cells)

    def _row(self, line: int, cells: list[str]) -> CsvRow | Problem:
        beyond = cells[len(self.columns) :]
        if len(cells) < len(self.columns) or any(cell.strip() for cell in beyond):
            return Problem(
                "",
                text(
                    "the row has {cells} cells, and the first row has {columns}",
                    cells=len(cells),
                    columns=len(self.columns),
                ),
                line,
            )
        named = zip(self.columns, cells, strict=False)
        return CsvRow(line, {PREFIX + name: cell for name, cell in named})


def read_table(data: bytes) -> CsvTable:
    """Return the table in a file; raises InputError for what is none, or has no column twice."""
    words = _decoded(data)
    if "\0" in words:
        raise _no_text(words.partition("\0")[0])
    head = words.partition("\n")[0]
    # A stable order: a comma where none of them is there.
    delimiter = max(_DELIMITERS, key=head.count)
    first = next(_lines(words, delimiter), None)
    if first is None or isinstance(first[1], Problem) or not any(map(str.strip, first[1])):
        raise InputError(
            text("The table has no first row that names its columns."),
            text("Write the names of the columns into its first line."),
        )
    columns = tuple(cell.strip() for cell in first[1])
    counts = Counter(columns)
    twice = next((one for one in columns if one and counts[one] > 1), None)
    if twice is not None:
        raise InputError(
            text("Two columns of the table are named “{name}”.", name=twice),
            text("Give each column a name of its own in the first line."),
        )
    return CsvTable(words, delimiter, columns)


def _lines(words: str, delimiter: str) -> Iterator[tuple[int, list[str] | Problem]]:
    """Yield each row with the line where it begins."""
    reader = csv.reader(io.StringIO(words, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, Problem("", _wrong(error), line)


def _wrong(error: csv.Error) -> Text:
    if "field larger" in str(error):
        return text("a cell is too long, or its quotation mark has no partner")
    return text("a quotation mark is not where one may be, or has no partner")


def _decoded(data: bytes) -> str:
    """Return the words of a file; raises InputError for what is in none of the encodings."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _in(data[len(mark) :], encoding)
    if b"\0" in data[:1000]:  # UTF-16 that does not say so
        high, low = (data[at:1000:2].count(b"\0") for at in (0, 1))
        return _in(data, "utf-16-be" if high > low else "utf-16-le")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        alone = list(_ALONE.finditer(data))
        if len(alone) > len(_TOGETHER.findall(data)):
            raise _no_text(data[: alone[0].start()].decode("gb18030", "replace")) from None
        return _in(data, "gb18030")


def _in(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _no_text(data[: error.start].decode(encoding, "replace")) from error


def _no_text(before: str) -> InputError:
    """Return the error for a table in which no text is, behind what stands before."""
    return InputError(
        text("Line {line} of the table is not text.", line=before.count("\n") + 1),
        text("Save it as CSV in UTF-8; GB18030 and UTF-16 are read, too."),
    )


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
