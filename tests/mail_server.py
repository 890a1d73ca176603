"""A mail server of our own on a port of this machine, which can be stopped while it is being talked to."""

import re
import socket
import socketserver
import threading
from contextlib import suppress
from typing import Any

END = b"\r\n.\r\n"


class Talk(socketserver.StreamRequestHandler):
    """One connection: as much of RFC 5321 as `smtplib` needs."""

    server: "MailServer"

    def handle(self) -> None:
        self.server.talks.append(self.connection)
        self.say("220 test ESMTP")
        with suppress(OSError):
            while line := self.rfile.readline():
                verb = line[:4].strip().upper()
                if self.server.dies_at == (verb.decode(), len(self.server.received)):
                    self.server.stop()
                    return
                if verb == b"QUIT":
                    self.say("221 bye")
                    return
                self.data() if verb == b"DATA" else self.say("250 ok")

    def data(self) -> None:
        self.say("354 go on")
        text = b""
        while not (b"\r\n" + text).endswith(END):
            if not (line := self.rfile.readline()):
                return
            text += line
        self.server.received.append(text.decode())
        if self.server.dies_at == ("after", len(self.server.received)):
            self.server.stop()  # it has the message, and never says so
            return
        self.say("250 taken")

    def say(self, text: str) -> None:
        with suppress(OSError):
            self.wfile.write(text.encode() + b"\r\n")


class MailServer(socketserver.ThreadingTCPServer):
    """Listens while it is a context; `received` holds the messages that it took.

    `dies_at` is `(verb, n)`: it is gone at once when that verb comes after n messages; `("after", n)`: it takes
    the n-th message and is gone before it says so.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0, dies_at: tuple[str, int] | None = None) -> None:
        super().__init__(("127.0.0.1", port), Talk)
        self.dies_at = dies_at
        self.received: list[str] = []
        self.talks: list[socket.socket] = []
        self.port: int = self.server_address[1]

    def __enter__(self) -> "MailServer":
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends every connection in the middle of whatever it was at, and listens no more."""
        self.shutdown()
        self.server_close()
        for talk in self.talks:
            with suppress(OSError):
                talk.shutdown(socket.SHUT_RDWR)
                talk.close()

    def ids(self) -> list[str]:
        """The `Message-ID` of each message, in the order in which they came."""
        return [re.findall(r"^Message-ID: (.+?)\r$", text, re.M)[0] for text in self.received]

    def addresses(self) -> list[str]:
        return [re.findall(r"^To: (.+?)\r$", text, re.M)[0] for text in self.received]
