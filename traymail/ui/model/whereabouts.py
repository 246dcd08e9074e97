"""Where the icon is to be found, and what keeps it in sight, on each desktop."""

from __future__ import annotations

from traymail.core.texts import Text, text

IN_TRAY = text("traymail is in the tray from now on: a click on this icon writes a mail.")
IN_TASKBAR = text(
    "traymail is at the right end of the taskbar: a click on this icon writes a mail. Windows "
    "hides new icons behind the arrow ^ there: drag this one from there onto the taskbar, and it "
    "stays in sight."
)
IN_MENU_BAR = text(
    "traymail is in the menu bar, at the right: a click on this icon opens its menu."
)
IN_WINDOW = text("traymail has its menu in a small window: this desktop shows no tray icons.")
ON_GNOME = text(
    "traymail has its menu in a small window: GNOME shows tray icons only with the extension "
    "“AppIndicator and KStatusNotifierItem Support”."
)


def whereabouts(system: str, desktop: str, *, in_window: bool) -> Text:
    """Return where to find the program.

    ``system`` is `sys.platform`, ``desktop`` what XDG_CURRENT_DESKTOP says (``ubuntu:GNOME``);
    ``in_window``: a window stands in for the icon.
    """
    if in_window:
        return ON_GNOME if "GNOME" in desktop.upper().split(":") else IN_WINDOW
    return {"win32": IN_TASKBAR, "darwin": IN_MENU_BAR}.get(system, IN_TRAY)
