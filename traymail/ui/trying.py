"""An account is tried, or signs in, on a screen: each step becomes the next state of the screen."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from traymail.core.connection_test import Step
from traymail.services.signing_in import SigningIn
from traymail.ui.bridge import Act
from traymail.ui.model.sign_in import AccountTried
from traymail.ui.model.trial import Tested
from traymail.ui.tasks import ScreenState, Tasks

T = TypeVar("T", bound=Tested)
A = TypeVar("A", bound=AccountTried)
TRYING = "trying"
"""Where the `Tasks` have it: to stop this slot ends a test, and a sign-in."""


def follow_test(
    tasks: Tasks,
    screen: ScreenState[T],
    steps: Callable[[], Generator[Step, None, None]],
    ended: Act = lambda: None,
) -> None:
    """Make a test that the state has begun; ``ended`` is called after its last step."""

    def done() -> None:
        screen.set_state(screen.state.test_ended())
        ended()

    tasks.follow(
        steps,
        lambda step: screen.set_state(screen.state.test_heard(step)),
        done,
        lambda error: screen.set_state(screen.state.test_gave_up(error)),
        slot=TRYING,
    )


def follow_sign_in(tasks: Tasks, screen: ScreenState[A], signing: SigningIn, done: Act) -> None:
    """Make a sign-in that the state has begun; ``done`` is called once it has worked."""
    tasks.follow(
        signing.steps,
        lambda step: screen.set_state(screen.state.sign_in_heard(step)),
        done,
        lambda error: screen.set_state(screen.state.not_signed_in(error)),
        slot=TRYING,
        cancel=signing.cancel,
    )
