"""The window that adds an account: address, code, test."""

from traymail.ui.dialogs.add_account.window import AddAccountWindow

__all__ = ["AddAccountWindow"]
