"""The clip test: what of a window cannot be read because there is too little room for it."""

import tkinter as tk

_READ = ("TLabel", "TButton", "TMenubutton", "TRadiobutton", "TCheckbutton", "Label")


def clipped(window: tk.Misc) -> list[str]:
    """Describe each label and button that got less room than it asks for, or lies outside.

    What is managed but not shown counts too: its master was too small for it. What lies in a
    scrolled area may reach below the window.
    """
    window.update()
    found: list[str] = []
    _walk(window, window, found, scrolled=False)
    return found


def _walk(widget: tk.Misc, window: tk.Misc, found: list[str], *, scrolled: bool) -> None:
    for child in widget.winfo_children():
        if child.winfo_toplevel() is not window or child.winfo_class() == "Menu":
            continue
        if not child.winfo_ismapped():
            if child.winfo_manager() in {"pack", "grid"}:
                found.append(f"not shown: {_name(child)}")
            continue
        if child.winfo_class() in _READ:
            found.extend(_complaints(child, window, scrolled=scrolled))
        _walk(child, window, found, scrolled=scrolled or child.winfo_class() == "Canvas")


def _complaints(widget: tk.Misc, window: tk.Misc, *, scrolled: bool) -> list[str]:
    complaints = []
    for what, has, needs in (
        ("wide", widget.winfo_width(), widget.winfo_reqwidth()),
        ("high", widget.winfo_height(), widget.winfo_reqheight()),
    ):
        if has < needs:
            complaints.append(f"{has} {what}, needs {needs}: {_name(widget)}")
    right = widget.winfo_rootx() + widget.winfo_width()
    bottom = widget.winfo_rooty() + widget.winfo_height()
    if right > window.winfo_rootx() + window.winfo_width() + 1:
        complaints.append(f"beyond the right edge: {_name(widget)}")
    if not scrolled and bottom > window.winfo_rooty() + window.winfo_height() + 1:
        complaints.append(f"below the window: {_name(widget)}")
    return complaints


def _name(widget: tk.Misc) -> str:
    try:
        words = str(widget.cget("text"))
    except tk.TclError:
        words = ""
    return f"{widget.winfo_class()} {words!r} in {widget.winfo_parent()}"
