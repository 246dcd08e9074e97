"""Windows on a Windows that is set to 200 %."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gui.pictures import WINDOWS
from tests.support.clip import clipped
from tests.support.tk import KEPT, until_tk
from tests.support.windows_fonts import installed
from traymail import winapi
from traymail.ui.theme import Root

# Some of the fullest: all that have a picture take minutes there.
FULLEST = (
    *("account-1-by-hand", "settings-accounts-more", "rule-log-more", "quick-send-full"),
    *("outbox-unknown", "settings-general"),
)
pytestmark = pytest.mark.skipif(
    os.environ.get("TESTS_DESKTOP_SCALE") != "200", reason="this Windows is not set to 200 %"
)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Root]:
    """One in English, which takes more room, with a font as wide as that of Windows."""
    with installed(tmp_path, "Segoe UI"):
        made = Root()
        KEPT.append(made)
        yield made
        made.update()
        made.destroy()


def test_windows_are_twice_as_large_and_nothing_is_cut_off(root: Root) -> None:
    assert {one.dpi for one in winapi.monitors()} == {192}
    assert root.theme.px(100) == 200
    assert float(root.tk.call("tk", "scaling")) == pytest.approx(192 / 72, rel=0.02)
    for name in FULLEST:
        window = WINDOWS[name](root)
        window.reveal()
        until_tk(root, window.winfo_viewable, what=f"the window {name}")
        assert (name, clipped(window)) == (name, [])
        assert (name, window.winfo_width()) == (name, 2 * window.size_wanted.width)
        window.destroy()
