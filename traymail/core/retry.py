"""When a mail is tried again: soon, then ever less often, never all at the same moment."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=1)
# Timers stand still while a computer sleeps, and know nothing of a clock that is set: whoever
# waits for a time of day looks at the clock at least so often.
LOOK_SECONDS = 20.0
# A clock that was set back by less than this makes nobody wait for long.
SLIP = timedelta(seconds=30)


def delay(tries: int, jitter: float) -> timedelta:
    """Return the pause after so many tries of a round: 30 s, doubling to an hour.

    ``jitter`` from 0 to 1 chooses between half and all of it, so that mails that failed together
    do not come back together. The first retry is after 15 to 30 s.
    """
    # The exponent is capped: a float power of a large number would overflow.
    full = min(FIRST * 2.0 ** min(max(tries - 1, 0), 16), LONGEST)
    return full * (0.5 + 0.5 * jitter)


def soon(jitter: float) -> timedelta:
    """Return the pause before a mail of unknown fate is sent once more: 10 to 60 s."""
    return timedelta(seconds=10 + 50 * jitter)


def due_after_clock_jump(next_attempt_at: datetime, updated_at: datetime, now: datetime) -> bool:
    """Return whether an attempt was planned by a clock that has since been set back.

    Then it is due now: nobody waits for a time that was a mistake.
    """
    return next_attempt_at > now and updated_at > now + SLIP


def reached(due: datetime, now: datetime, longest: timedelta) -> bool:
    """Return whether a wait of at most ``longest`` is over, also when the clock was set back."""
    return not now < due <= now + longest
