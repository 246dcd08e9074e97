import pytest

from traymail.ui.palette import DARK, LIGHT, PALETTES, Mode

SURFACES = ("bg", "chrome", "card", "input")
TEXTS = ("fg", "muted", "link", "success", "warning", "danger")
ON_STATES = (("success", "okbg"), ("warning", "warnbg"), ("danger", "errbg"), ("danger", "mark"))
LINEAR_BELOW = 0.04045  # IEC 61966-2-1
MODES: tuple[Mode, ...] = ("light", "dark")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("role", TEXTS)
def test_text_can_be_read_on_every_surface(mode: Mode, surface: str, role: str) -> None:
    palette = PALETTES[mode]
    assert contrast(palette.colour(role), palette.colour(surface)) >= 4.5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("role", "surface"), ON_STATES)
def test_states_can_be_read_on_their_own_surface(mode: Mode, role: str, surface: str) -> None:
    palette = PALETTES[mode]
    assert contrast(palette.colour(role), palette.colour(surface)) >= 4.5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("surface", ["sel", "infobg", "okbg", "warnbg", "errbg", "btn", "hover"])
def test_words_can_be_read_on_every_fill(mode: Mode, surface: str) -> None:
    palette = PALETTES[mode]
    assert contrast(palette.fg, palette.colour(surface)) >= 4.5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fill", ["primary", "primary_hover", "primary_pressed"])
def test_the_words_of_the_blue_button_can_be_read(mode: Mode, fill: str) -> None:
    palette = PALETTES[mode]
    assert contrast(palette.on_primary, palette.colour(fill)) >= 4.5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("surface", SURFACES)
def test_the_edge_of_a_field_can_be_seen(mode: Mode, surface: str) -> None:
    palette = PALETTES[mode]
    assert contrast(palette.field, palette.colour(surface)) >= 3


def test_roles_and_colours() -> None:
    assert LIGHT.colour("link") == "#1f63cf"
    assert DARK.colour("#123456") == "#123456"
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= LINEAR_BELOW else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)
