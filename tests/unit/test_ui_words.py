import pytest

from traymail.ui.placing import desktop_scaling, scaling_in
from traymail.ui.widgets.attachments import shorten
from traymail.ui.widgets.table import elide


@pytest.mark.parametrize(
    ("words", "width", "shown"),
    [
        ("short", 10, "short"),
        ("exactly 10", 10, "exactly 10"),
        ("rather longer", 10, "rather lo…"),
        ("words and space", 7, "words…"),
        ("x", 0, "…"),
        ("", 0, ""),
    ],
)
def test_elide(words: str, width: int, shown: str) -> None:
    assert elide(words, width, len) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("scan.pdf", "scan.pdf"),
        ("the plan of the whole building.pdf", "the plan of the…ding.pdf"),
    ],
)
def test_the_end_of_a_file_name_is_kept(name: str, shown: str) -> None:
    assert shorten(name, 24) == shown
    assert len(shown) <= 24


@pytest.mark.parametrize(
    ("resources", "scaling"),
    [
        ("Xcursor.size:\t24\nXft.dpi:\t192\n", 192 / 72),
        ("Xft.dpi: 96", 96 / 72),
        ("Xft.dpi: many", None),
        ("Xft.dpi: 0", None),
        ("*Xft.dpi.x: 5", None),
        ("", None),
    ],
)
def test_the_scale_of_the_desktop(resources: str, scaling: float | None) -> None:
    assert scaling_in(resources) == scaling


def test_without_a_display_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert desktop_scaling() is None
