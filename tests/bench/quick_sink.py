"""An SMTP server by TLS that does nothing but take mail: quick, so that clients show their speed.

`python -m tests.bench.quick_sink CHAIN KEY COUNT` prints its port, then "taken" once for every
COUNT mails.
"""

from __future__ import annotations

import socket
import ssl
import sys
from contextlib import suppress
from threading import Lock, Thread

FEATURES = b"250-sink.localhost\r\n250-PIPELINING\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 70000000\r\n"
ANSWERS = {
    b"EHLO": FEATURES,
    b"AUTH": b"235 2.7.0 ok\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Sink:
    """Counts what all connections bring."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._taken = 0
        self._lock = Lock()

    def serve(self, connection: socket.socket, context: ssl.SSLContext) -> None:
        """Take the mails of one connection."""
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.sendall(b"220 sink.localhost ESMTP\r\n")
            with peer.makefile("rb") as lines:
                for line in lines:
                    word = line[:4].upper()
                    peer.sendall(ANSWERS.get(word, b"250 ok\r\n"))
                    if word == b"DATA":
                        while lines.readline() not in {b".\r\n", b""}:
                            pass
                        self._count()
                        peer.sendall(b"250 2.0.0 taken\r\n")
                    elif word == b"QUIT":
                        return

    def _count(self) -> None:
        with self._lock:
            self._taken += 1
            if self._taken % self._every == 0:
                sys.stdout.write("taken\n")
                sys.stdout.flush()


def main(chain: str, key: str, every: str) -> None:
    """Serve until killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    sink = Sink(int(every))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            connection, _address = listener.accept()
            Thread(target=sink.serve, args=(connection, context), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
