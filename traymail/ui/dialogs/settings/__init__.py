"""The window of the settings: its pages come from elsewhere."""

from traymail.ui.dialogs.settings.nav import Link
from traymail.ui.dialogs.settings.window import SettingsWindow

__all__ = ["Link", "SettingsWindow"]
