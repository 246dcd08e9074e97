"""The control window, filled, for pictures."""

from collections.abc import Callable

from tests.support.mails import a_rule
from traymail.ui.model.menu import menu
from traymail.ui.theme import Root
from traymail.ui.tray.control_window import ControlWindow
from traymail.ui.window import Window


def _control(root: Root) -> Window:
    chinese = root.theme.language != "en"
    names = ("扫描件", "程序报错", "发票") if chinese else ("Scans", "App errors", "Invoices")
    rules = [a_rule(name, enabled=name != names[2]) for name in names]
    window = ControlWindow(root, lambda _choice: None)
    window.set_menu(menu(rules, paused=False, needs=1))
    return window


TRAY: dict[str, Callable[[Root], Window]] = {"control-window": _control}
