"""What a stranger says in JSON, read without trust: whatever it is, nothing raises."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

# What a number of an answer may be; one beyond is no code of any service.
CODES = range(-(2**31), 2**31)


def json_table(words: str | bytes) -> dict[str, Any]:
    """Return the object that stands there in JSON; {} for anything else."""
    found: Any = None
    with suppress(ValueError, RecursionError):
        found = json.loads(words)
    return found if isinstance(found, dict) else {}
