import pytest

from traymail.ui.palette import DARK, LIGHT, PALETTES, Mode, contrast

SURFACES = ("bg", "chrome", "card", "input")
TEXTS = ("fg", "muted", "link", "success", "warning", "danger")
ON_STATES = (("success", "okbg"), ("warning", "warnbg"), ("danger", "errbg"), ("danger", "mark"))
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
