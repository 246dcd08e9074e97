"""Objects on the bus, declared as values: answers, properties and introspection come from there.

The rules are those of the D-Bus specification, version 0.41 (standard interfaces, introspection).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageFlag,
    new_error,
    new_method_return,
    new_signal,
)

from traymail.desktop.bus import Bus

_ERROR = "org.freedesktop.DBus.Error."
_PROPERTIES = "org.freedesktop.DBus.Properties"
Variant = tuple[str, Any]
"""A value with its D-Bus signature before it."""


class BadCall(Exception):
    """What is asked for is not there: answered with this D-Bus error and these words."""

    def __init__(self, error: str, words: str) -> None:
        super().__init__(words)
        self.error = error
        self.words = words


@dataclass(frozen=True)
class Method:
    """A method: the signatures it takes and gives, one by one, and the function behind it.

    The function is given the arguments and returns a tuple of results; it may raise BadCall.
    """

    name: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    call: Callable[..., tuple[Any, ...]]


@dataclass(frozen=True)
class Property:
    """A property that can be read."""

    name: str
    signature: str
    read: Callable[[], Any]


@dataclass(frozen=True)
class Signal:
    """A signal and what it carries."""

    name: str
    carries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Interface:
    """A named set of methods, properties and signals."""

    name: str
    methods: tuple[Method, ...] = ()
    properties: tuple[Property, ...] = ()
    signals: tuple[Signal, ...] = ()


class Exported:
    """An object of ours at a path of the bus."""

    def __init__(self, bus: Bus, path: str, interface: Interface) -> None:
        self._bus = bus
        self._path = path
        self._own = interface
        self._interfaces = {one.name: one for one in (interface, *self._standard())}
        bus.export(path, self._answer)

    def emit(self, name: str, *values: object) -> None:
        """Send a signal that the interface declares."""
        signal = next(one for one in self._own.signals if one.name == name)
        address = DBusAddress(self._path, interface=self._own.name)
        signature = "".join(signal.carries) or None
        self._bus.send(new_signal(address, name, signature, values))

    def _answer(self, message: Message) -> None:
        try:
            method = self._method(message)
            results = method.call(*message.body)
            reply = new_method_return(message, "".join(method.gives) or None, results)
        except BadCall as refusal:
            reply = new_error(message, refusal.error, "s", (refusal.words,))
        if not message.header.flags & MessageFlag.no_reply_expected:
            self._bus.send(reply)

    def _method(self, message: Message) -> Method:
        fields = message.header.fields
        wanted = fields.get(HeaderFields.interface)
        # The interface may be left out: then the first that has such a method is meant.
        interfaces = (one for one in self._interfaces.values() if wanted in (None, one.name))
        name = fields.get(HeaderFields.member)
        for interface in interfaces:
            for method in interface.methods:
                if method.name == name:
                    return _checked(method, fields.get(HeaderFields.signature, ""))
        raise BadCall(_ERROR + "UnknownMethod", f"no method {name}")

    # --- the standard interfaces ------------------------------------------------------------------

    def _standard(self) -> tuple[Interface, ...]:
        return (
            Interface(
                _PROPERTIES,
                methods=(
                    Method("Get", ("s", "s"), ("v",), self._get),
                    Method("GetAll", ("s",), ("a{sv}",), self._get_all),
                    Method("Set", ("s", "s", "v"), (), self._set),
                ),
            ),
            Interface(
                "org.freedesktop.DBus.Introspectable",
                methods=(Method("Introspect", (), ("s",), lambda: (self._introspection(),)),),
            ),
            Interface("org.freedesktop.DBus.Peer", methods=(Method("Ping", (), (), lambda: ()),)),
        )

    def _properties(self, interface: str) -> Mapping[str, Property]:
        if interface and interface not in self._interfaces:
            raise BadCall(_ERROR + "UnknownInterface", f"no interface {interface}")
        found = self._interfaces[interface] if interface else self._own
        return {one.name: one for one in found.properties}

    def _get(self, interface: str, name: str) -> tuple[Variant]:
        found = self._properties(interface).get(name)
        if found is None:
            raise BadCall(_ERROR + "UnknownProperty", f"no property {name}")
        return ((found.signature, found.read()),)

    def _get_all(self, interface: str) -> tuple[dict[str, Variant]]:
        every = self._properties(interface).values()
        return ({one.name: (one.signature, one.read()) for one in every},)

    def _set(self, interface: str, name: str, _value: Variant) -> tuple[()]:
        self._get(interface, name)
        raise BadCall(_ERROR + "PropertyReadOnly", f"{name} cannot be set")

    def _introspection(self) -> str:
        interfaces = "".join(map(_interface_xml, self._interfaces.values()))
        return f"{_DOCTYPE}<node>{interfaces}</node>"


def _checked(method: Method, signature: str) -> Method:
    if signature != "".join(method.takes):
        raise BadCall(_ERROR + "InvalidArgs", f"{method.name} takes {''.join(method.takes)!r}")
    return method


_DOCTYPE = (
    '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
    '"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n'
)


def _interface_xml(interface: Interface) -> str:
    parts = [
        *(_member("method", one.name, _args(one)) for one in interface.methods),
        *(
            f'<property name="{one.name}" type="{one.signature}" access="read"/>'
            for one in interface.properties
        ),
        *(_member("signal", one.name, map(_arg, one.carries)) for one in interface.signals),
    ]
    return f'<interface name="{interface.name}">{"".join(parts)}</interface>'


def _member(kind: str, name: str, arguments: Iterable[str]) -> str:
    return f'<{kind} name="{name}">{"".join(arguments)}</{kind}>'


def _args(method: Method) -> list[str]:
    return [
        *(_arg(one, ' direction="in"') for one in method.takes),
        *(_arg(one, ' direction="out"') for one in method.gives),
    ]


def _arg(signature: str, direction: str = "") -> str:
    return f'<arg type="{signature}"{direction}/>'
