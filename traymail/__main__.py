"""`python -m traymail`, and the commands `traymail` and `traymail-sendmail`.

Ctrl+C ends each silently, from the first moment to the last. While Python imports the command, and
while it takes itself down, an exception would become a traceback, or be swallowed where none can
be raised: what hears SIGINT then ends the process. In between it is an exception, as usual.
"""

from __future__ import annotations

import os
import sys

# As a shell tells of a program that SIGINT ended; `cli.endings` is not imported yet.
_INTERRUPTED = 130


def main() -> int:
    """Run one command and return the exit status."""
    return _run("main")


def main_as_sendmail() -> int:
    """Run `traymail sendmail` for a program that knows only the name of sendmail."""
    return _run("main_as_sendmail")


def main_without_terminal() -> int:
    """Run one command where nobody reads standard error."""
    return _run("main_without_terminal")


def _run(name: str) -> int:
    """Run what `cli.main` has under this name, and return the exit status."""
    try:
        import signal

        # Where it is ignored, as under nohup, it stays ignored.
        heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if heard:
            signal.signal(signal.SIGINT, _end)
        from traymail.cli import main as commands

        try:
            if heard:
                signal.signal(signal.SIGINT, signal.default_int_handler)
            status: int = getattr(commands, name)()
        finally:
            if heard:
                signal.signal(signal.SIGINT, _end)
    except KeyboardInterrupt:
        return _INTERRUPTED
    return status


def _end(_number: int, _frame: object) -> None:
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
