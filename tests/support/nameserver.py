"""A small server of names on loopback: it knows the exchangers it is given, over UDP and TCP.

`python -m tests.support.nameserver DOMAIN EXCHANGER COMMAND…` plays it, where a mount and a network
of one's own make it the only one of the system (port 53), and runs a command meanwhile.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Thread

# RFC 1035 sections 3.2.2, 4.1.1.
_MX, _SOA, _IN = 15, 6, 1
_ANSWER, _TRUNCATED, _NO_SUCH_NAME = 0x8180, 0x0200, 0x0003


@dataclass
class NameServer:
    """What it knows, how it behaves, and what it was asked.

    ``known``: domain to (preference, exchanger). ``says``: how it answers; "garbage" and "other"
    (to another question) are no answers.
    """

    known: Mapping[str, Sequence[tuple[int, str]]]
    says: str = "all"
    port: int = 0
    asked: list[str] = field(default_factory=list)
    over_tcp: int = 0

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def answer(self, query: bytes, *, tcp: bool = False) -> bytes | None:
        """Return what is answered, None for silence."""
        name, end = _name(query)
        question = query[12:end]
        self.asked.append(f"{name} {struct.unpack_from('!H', query, end - 4)[0]}")
        self.over_tcp += tcp
        number = query[:2]
        if self.says == "silent":
            return None
        if self.says == "garbage":
            return number + b"\xff" * 40
        if self.says == "other":
            question = _coded("other.example.com") + struct.pack("!HH", _MX, _IN)
        flags = {"refused": 0x8185, "fails": 0x8182}.get(self.says, _ANSWER)
        records = [] if flags != _ANSWER else list(self.known.get(name, ()))
        if flags == _ANSWER and name not in self.known:
            flags |= _NO_SUCH_NAME
        if self.says == "too long" and not tcp:
            flags, records = flags | _TRUNCATED, []
        if self.says == "loop":
            records = [(1, "loop")]
        head = number + struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
        return head + question + b"".join(_record(*one, at=end + 14) for one in records)


def _record(preference: int, exchanger: str, *, at: int) -> bytes:
    # A name that points to itself (`at` is where it stands) never ends.
    to = bytes([0xC0 | at >> 8, at & 255]) if exchanger == "loop" else _coded(exchanger)
    data = struct.pack("!H", preference) + to
    return b"\xc0\x0c" + struct.pack("!HHIH", _MX, _IN, 300, len(data)) + data


def _coded(name: str) -> bytes:
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _name(query: bytes) -> tuple[str, int]:
    """Return the name that is asked for, and where the question ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    return ".".join(labels), at + 5


@contextmanager
def name_server(
    known: Mapping[str, Sequence[tuple[int, str]]], says: str = "all", port: int = 0
) -> Iterator[NameServer]:
    """Serve; a port that is free for both when none is given."""
    with (
        socket.create_server(("127.0.0.1", port)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        server = NameServer(known, says, tcp.getsockname()[1])
        udp.bind(server.address)
        threads = [Thread(target=_udp, args=(udp, server)), Thread(target=_tcp, args=(tcp, server))]
        for thread in threads:
            thread.start()
        try:
            yield server
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"", server.address)
            socket.create_connection(server.address).close()
            for thread in threads:
                thread.join()


def _udp(sock: socket.socket, server: NameServer) -> None:
    while True:
        query, whom = sock.recvfrom(4096)
        if not query:
            return
        answer = server.answer(query)
        if answer is not None:
            sock.sendto(answer, whom)


def _tcp(listening: socket.socket, server: NameServer) -> None:
    while True:
        sock, _ = listening.accept()
        with sock, suppress(OSError):
            size = sock.recv(2)
            if not size:
                return
            answer = server.answer(sock.recv(struct.unpack("!H", size)[0]), tcp=True) or b""
            sock.sendall(struct.pack("!H", len(answer)) + answer)


def main(domain: str, exchanger: str, command: Sequence[str]) -> int:
    """Be the system's only server of names while a command runs."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with NamedTemporaryFile("w", encoding="utf-8") as settings:
        settings.write("nameserver 127.0.0.1\n")
        settings.flush()
        true = Path("/etc/resolv.conf").resolve()
        subprocess.run(["mount", "--bind", settings.name, str(true)], check=True)
        with name_server({domain: [(5, exchanger)]} if exchanger else {}, port=53):
            return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
