"""The tray: an icon in the panel, or a window with its menu where no panel shows icons.

`traymail.ui.tray.controller.make_tray` chooses the kind for the desktop it meets.
"""
