"""What JSON Schema says of a document, as far as the schemas of our servers need it.

The library for it has no wheel of pure Python, and these tests run on Windows, too; where it is
there, a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, type] = {"object": dict, "array": list, "string": str, "boolean": bool}


def misfits(document: Any, schema: dict[str, Any], place: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 # JSON
    """Yield where a document does not fit a schema, and in what."""
    kind = schema.get("type")
    if kind is not None and not isinstance(document, _TYPES[kind]):
        yield place, f"is no {kind}"
        return
    if document not in schema.get("enum", [document]):
        yield place, "is not one of those that there are"
    match document:
        case dict():
            yield from _of_object(document, schema, place)
        case list():
            if not schema.get("minItems", 0) <= len(document) <= schema["maxItems"]:
                yield place, f"has {len(document)} items"
            for at, item in enumerate(document):
                yield from misfits(item, schema["items"], f"{place}.{at}")
        case str():
            if len(document) < schema.get("minLength", 0):
                yield place, "is too short"
            if not re.search(schema.get("pattern", ""), document):
                yield place, "does not match"
        case _:
            pass  # yes or no


def _of_object(
    document: dict[str, Any], schema: dict[str, Any], place: str
) -> Iterator[tuple[str, str]]:
    known, others = schema.get("properties", {}), schema["additionalProperties"]
    for name in schema.get("required", ()):
        if name not in document:
            yield f"{place}.{name}", "is missing"
    for name, value in document.items():
        there = known.get(name, others)
        if there is False:
            yield f"{place}.{name}", "is not known"
        else:
            yield from misfits(value, there, f"{place}.{name}")
