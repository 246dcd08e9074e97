"""What macOS keeps of the user's choices, asked by its own command."""

from __future__ import annotations

_ASK = ("defaults", "read", "-g")
_SECONDS = 2.0


def mac_choice(name: str) -> str:
    """Return what is chosen for all programs, as the command prints it; "" for nothing."""
    import subprocess

    try:
        told = subprocess.run(  # noqa: S603 # a fixed command of the system
            (*_ASK, name), capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout
