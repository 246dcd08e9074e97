"""The settings of accounts."""

from traymail.ui.dialogs.accounts.page import AccountsPage

__all__ = ["AccountsPage"]
