# SPDX-License-Identifier: GPL-2.0
"""A vsock server of a test, for what no audio server does. Only for use in guests."""

import os
import select
import socket
import threading
import time


class Listener:
    """Accepts connections on a vsock port, and has each handled by a thread.

    handle: gets the socket, and ends the connection by returning. connections: for each, when it was accepted and
    when it ended, seconds of CLOCK_MONOTONIC (None: not yet).
    """

    def __init__(self, handle, port=4713):
        self.handle = handle
        self.connections = []
        self.listener = socket.socket(socket.AF_VSOCK)
        self.listener.bind((socket.VMADDR_CID_ANY, port))
        self.listener.listen()
        self.ending, self.ended = os.pipe()
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while self.ending not in select.select([self.listener, self.ending], [], [])[0]:
            link, _ = self.listener.accept()
            entry = [time.monotonic(), None]
            self.connections.append(entry)
            threading.Thread(target=self.serve, args=(link, entry), daemon=True).start()

    def serve(self, link, entry):
        with link:
            self.handle(link)
            entry[1] = time.monotonic()

    def stop(self):
        """Stops to listen; connections stay open."""
        os.write(self.ended, b".")
        self.thread.join()
        self.listener.close()


def hang_up(_):
    """Closes a connection at once."""


def say_nothing(link):
    """Reads until the card closes the connection."""
    try:
        while link.recv(65536):
            pass
    except OSError:
        pass
