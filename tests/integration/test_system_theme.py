"""The desktop's preference, asked of a real bus and of a portal of ours on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from jeepney import Message, MessageType, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.support.session import KeyringSession
from traymail.ui.palette import Mode
from traymail.ui.system_theme import system_mode

pytestmark = pytest.mark.desktop
PORTAL = "org.freedesktop.portal.Desktop"


@contextmanager
def portal(address: str, preference: int) -> Iterator[None]:
    """Answer every call on the bus with this preference, in two variants as portals do."""
    with open_dbus_connection(bus=address) as bus:
        bus.send_and_get_reply(message_bus.RequestName(PORTAL))
        stopping = Event()
        thread = Thread(target=_answer, args=(bus, preference, stopping))
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()


def _answer(bus: DBusConnection, preference: int, stopping: Event) -> None:
    while not stopping.is_set():
        try:
            call: Message = bus.receive(timeout=0.1)
        except TimeoutError:
            continue
        if call.header.message_type is MessageType.method_call:
            bus.send(new_method_return(call, "v", (("v", ("u", preference)),)))


@pytest.mark.parametrize(("preference", "mode"), [(0, "light"), (1, "dark"), (2, "light")])
def test_the_portal_is_believed(keyring_env: KeyringSession, preference: int, mode: Mode) -> None:
    with portal(keyring_env.address, preference):
        assert system_mode() == mode


def test_without_a_portal_it_is_light(keyring_env: KeyringSession) -> None:
    assert keyring_env.address
    assert system_mode() == "light"


def test_without_a_bus_it_is_light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    assert system_mode() == "light"
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    assert system_mode() == "light"
