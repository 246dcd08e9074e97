"""The page of the settings that concerns the whole program."""

from traymail.ui.dialogs.general.page import GeneralPage

__all__ = ["GeneralPage"]
