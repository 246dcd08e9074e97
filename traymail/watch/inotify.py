"""Linux's events for a folder and those inside, where others may write it: watchdog's, made fit.

watchdog goes through folders by their paths, which may lead elsewhere the next moment; folders that
take each other's places leave its books wrong, and very deep ones have no end for it. Here folders
are reached through those that are open, and never through a link.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePath

from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter, InotifyObserver, InotifyWatchGroup
from watchdog.observers.inotify_c import InotifyEvent, InotifyFD, WatchDescriptor

from traymail.core.errors import UnsafePath
from traymail.core.selection import MOST_DEEP
from traymail.disk import Folder, open_folder
from traymail.failures import log_failure

log = logging.getLogger(__name__)
# Whoever hears from it that events were lost looks at the folders.
_watchdog = logging.getLogger("watchdog")


class FolderObserver(InotifyObserver):
    """An observer of one folder, ``recursive``: and of those inside.

    What is scheduled is the folder alone: watchdog need not tell of what lies in one that comes,
    since it is looked through.
    """

    def __init__(self, *, recursive: bool) -> None:
        # Not InotifyObserver's, which knows its own emitters only.
        self._inotify_fd = InotifyFD()
        self._inotify_fd.start()
        BaseObserver.__init__(
            self, _Recursive if recursive else _Emitter, inotify_fd=self._inotify_fd
        )

    def is_alive(self) -> bool:
        """Tell whether events are handed on: it runs, and so does the thread that reads them."""
        return super().is_alive() and self._inotify_fd.is_alive()


class _Emitter(InotifyEmitter):
    """Emits for one folder."""

    recursive = False

    def on_thread_start(self) -> None:
        """Begin."""
        self._inotify = _Watches(
            self._inotify_fd,
            os.fsencode(self.watch.path),
            is_recursive=self.recursive,
            event_mask=self.get_event_mask_from_filter(),
        )


class _Recursive(_Emitter):
    recursive = True


class _Watches(InotifyWatchGroup):
    """The system's watches for a folder."""

    def on_event(self, event: InotifyEvent) -> None:
        """Hand an event on; whatever fails ends no thread."""
        try:
            super().on_event(event)
        except Exception as error:  # noqa: BLE001 # the thread is that of all events
            log_failure(log, "an event of a folder cannot be used", error)
            _watchdog.warning("an event was lost")

    def _add_all_callbacks(self, path: bytes) -> None:
        for inside, folder in self._walk(path):
            try:
                # Through the folder that is open, whatever has its name by now.
                wd = self._inotify_fd.add_callback(
                    os.fsencode(f"{folder.now}/."), self.event_mask, self._callback, self._id
                )
            except OSError:  # the system's limit, or no permission
                if inside == self.path:
                    raise
                continue
            self._active_callbacks_by_path[inside] = wd
            self._active_callbacks_by_watch[wd] = inside

    def _walk(self, path: bytes) -> Iterator[tuple[bytes, Folder]]:
        """Yield the folder that lies at a path, and those inside, each while it is open."""
        top = os.fsdecode(self.path)
        pending = [PurePath(os.fsdecode(path)).relative_to(top).parts]
        with _opened(top) as root:
            while pending:
                parts = pending.pop()
                with suppress(OSError, UnsafePath), root.reach(parts) as folder:
                    yield os.fsencode(os.path.join(top, *parts)), folder  # noqa: PTH118 # as watchdog's
                    if self.is_recursive and len(parts) < MOST_DEEP:
                        pending += [
                            (*parts, entry.name)
                            for entry in folder.entries()
                            if entry.is_dir(follow_symlinks=False)
                        ]

    def _recursive_simulate(self, src_path: bytes) -> list[InotifyEvent]:
        del src_path
        return []

    def _remove_watch_internally(self, wd: WatchDescriptor) -> None:
        path = self._active_callbacks_by_watch.pop(wd, None)
        if path is not None and self._active_callbacks_by_path.get(path) == wd:
            del self._active_callbacks_by_path[path]


def _opened(path: str) -> Folder:
    try:
        return open_folder(path)
    except UnsafePath as error:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path) from error
