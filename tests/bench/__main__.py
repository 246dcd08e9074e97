"""Run the benches, or those named, and print one table; exit 1 when a limit is missed.

`python -m tests.bench [NAME...]`: NAME is that of a module without `bench_`.
"""

import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence

import tests.bench
from tests.bench import Row
from tests.support.display import missing_programs

_PREFIX = "bench_"
ON_A_DISPLAY = {"desktop", "heartbeat"}
_HEAD = ("what", "ours", "peer", "unit", "ratio", "limit", "")


def main(names: Sequence[str]) -> int:
    """Measure and print."""
    # What is installed has its byte code; here the first start of each program writes it.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    found = sorted(
        module.name.removeprefix(_PREFIX)
        for module in pkgutil.iter_modules(tests.bench.__path__)
        if module.name.startswith(_PREFIX)
    )
    unknown = set(names) - set(found)
    if unknown:
        sys.stderr.write(f"No such bench: {', '.join(unknown)}. There are: {', '.join(found)}\n")
        return 64
    rows = [row for name in names or found for row in _measure(name)]
    sys.stdout.write("\n".join(lines(rows)) + "\n")
    return 0 if all(row.kept for row in rows) else 1


def _measure(name: str) -> Iterator[Row]:
    missing = missing_programs(panel=True) if name in ON_A_DISPLAY else []
    if missing:
        sys.stderr.write(f"{name} is not measured; not here: {', '.join(missing)}\n")
        return
    sys.stderr.write(f"measuring {name} ...\n")
    yield from importlib.import_module(f"tests.bench.{_PREFIX}{name}").rows()


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """Lay the rows out under a head, names to the left, figures to the right."""
    cells = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEAD))]
    for row in cells:
        name, *figures = (
            text.rjust(width) if column else text.ljust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([name, *figures]).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    def figure(value: float | None) -> str:
        return "" if value is None else f"{value:.2f}"

    verdict = "ok" if row.kept else "MISSED"
    return (
        *(row.name, figure(row.ours), figure(row.peer), row.unit),
        *(figure(row.ratio), figure(row.limit), verdict),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
