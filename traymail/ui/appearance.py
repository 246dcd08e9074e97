"""Light or dark: the windows and the icon as the settings say, else as the desktop is."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from traymail.core.settings import Settings
from traymail.ui.icons import Panel, tray_images
from traymail.ui.model.tray import Icon
from traymail.ui.palette import Mode
from traymail.ui.system_theme import Modes, ask_modes, is_asked, mode_of, told_modes
from traymail.ui.tasks import Tasks
from traymail.ui.theme import Theme

# The panel that a chosen icon is seen on.
_PANELS: dict[str, Panel] = {"light": "dark", "dark": "light", "outlined": "any"}
_CHOSEN: dict[str, Mode] = {"light": "light", "dark": "dark"}


class ThemeFollower:
    """Paints the windows, and has the icon painted anew; all of it on Tk's thread."""

    def __init__(self, theme: Theme, tasks: Tasks, repaint: Callable[[], object]) -> None:
        """``repaint`` has the tray ask for the pictures of its icon again."""
        self._theme, self._tasks, self._repaint = theme, tasks, repaint
        self._wanted = self._tray_icon = ""
        self._panel: Mode | None = None
        self.modes = Modes("light", "light") if is_asked() else told_modes(dark=False)
        """What is known of the desktop and its panel."""

    def obey(self, settings: Settings) -> None:
        """Follow what the configuration says."""
        self._wanted = settings.theme
        if settings.tray_icon != self._tray_icon:
            self._tray_icon = settings.tray_icon
            self._repaint()
        self._paint()

    def ask_desktop(self) -> None:
        """Ask whether the desktop is dark, where it does not tell by itself."""
        if is_asked():
            self._tasks.run(ask_modes, self._know)

    def dark_told(self, dark: bool) -> None:  # noqa: FBT001 - told as a value
        """Learn from the desktop whether it is dark."""
        told = told_modes(dark=dark)
        self._know(told if self._panel is None else told._replace(panel=self._panel))

    def dark_panel_told(self, dark: bool) -> None:  # noqa: FBT001 - told as a value
        """Learn from the desktop whether its panel is dark."""
        self._panel = mode_of(dark=dark)
        self._know(self.modes._replace(panel=self._panel))

    def pictures(self, icon: Icon) -> tuple[Image.Image, ...]:
        """Return the icon in all sizes, to be seen on the panel."""
        return tray_images(icon.value, _PANELS.get(self._tray_icon, self.modes.panel))

    def _know(self, modes: Modes) -> None:
        before, self.modes = self.modes, modes
        self._paint()
        if modes.panel != before.panel:
            self._repaint()

    def _paint(self) -> None:
        self._theme.use(_CHOSEN.get(self._wanted, self.modes.windows))
