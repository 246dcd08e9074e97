"""A keyboard and a mouse that press what they are told to, emoji too, in a millisecond."""

from Xlib import XK, X
from Xlib.display import Display as Connection
from Xlib.ext import xtest


class Keyboard:
    """Presses keys and buttons of the display of the environment."""

    def __init__(self, letters: str) -> None:
        """``letters`` get keys of their own, for as long as the display lives."""
        self._on = Connection()
        first, last = self._on.display.info.min_keycode, self._on.display.info.max_keycode
        mapping = self._on.get_keyboard_mapping(first, last - first + 1)
        there = {symbols[0]: first + at for at, symbols in enumerate(mapping) if symbols[0]}
        free = (first + at for at, symbols in enumerate(mapping) if not any(symbols))
        self._keys: dict[str, int] = {}
        for letter in dict.fromkeys(letters):
            symbol = ord(letter) | (0x0100_0000 if ord(letter) > 0xFF else 0)
            key = there.get(symbol, 0)
            if key == 0:
                key = next(free)
                self._on.change_keyboard_mapping(key, [[symbol, symbol]])
            self._keys[letter] = key
        self._on.sync()

    def type(self, letters: str) -> None:
        """Press one letter after the other."""
        for letter in letters:
            self.press(letter)

    def press(self, name: str, *held: str) -> None:
        """Press a letter or a key by its name, with others held."""
        codes = [self._code(one) for one in (*held, name)]
        for code in codes:
            self._do(X.KeyPress, code)
        for code in reversed(codes):
            self._do(X.KeyRelease, code)
        self._on.sync()

    def drag(self, start: tuple[int, int], end: tuple[int, int], button: int = 1) -> None:
        """Press a button of the mouse at a place and release it at another."""
        self._do(X.MotionNotify, 0, start)
        self._do(X.ButtonPress, button)
        self._do(X.MotionNotify, 0, end)
        self._do(X.ButtonRelease, button)
        self._on.sync()

    def close(self) -> None:
        """Let go of the display."""
        self._on.close()

    def _code(self, name: str) -> int:
        known = self._keys.get(name)
        return known or self._on.keysym_to_keycode(XK.string_to_keysym(name))

    def _do(self, event: int, detail: int, place: tuple[int, int] = (0, 0)) -> None:
        xtest.fake_input(self._on, event, detail, x=place[0], y=place[1])
