#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The host of protocol=qubes and protocol=simple, for tests: saves playback data, and logs codes and connections.

  raw_host.py [OPTION]... DIR PLACE [PLACE]

PLACE  PATH: listen at this UNIX socket. vsock:PORT: listen at this vsock port. PATH:PORT or CID:PORT: connect to a
       guest; PATH is the socket of a vhost-user device, which needs the port in a first line.
       With two places, the first carries playback, the second capture and codes. One place carries both.

  -m FILE   data to record, repeated: 44100 Hz, stereo, 16 bits. It is sent while the guest wants it; with one PLACE
            always
  -u        send it also while the guest does not want it
  -q        read nothing

DIR receives "sound", the playback data, and "events" with a line for each event: milliseconds, bytes of playback data
so far, and "up" or "down" with the number of the PLACE, or "code" with the code. SIGTERM ends the program.
"""
import argparse
import os
import selectors
import signal
import socket
import struct
import sys
import time

CHUNK = 1764  # 10 ms

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('-m', metavar='FILE')
parser.add_argument('-u', action='store_true')
parser.add_argument('-q', action='store_true')
parser.add_argument('dir')
parser.add_argument('places', nargs='+')
arguments = parser.parse_args()

selector = selectors.DefaultSelector()
begin = time.monotonic()
heard = 0
wanted = len(arguments.places) == 1
microphone = open(arguments.m, 'rb').read() if arguments.m else b''
around = microphone + microphone[:CHUNK]
told = 0  # up to where
due = None
os.makedirs(arguments.dir, exist_ok=True)
sound = open(os.path.join(arguments.dir, 'sound'), 'wb', buffering=0)
events = open(os.path.join(arguments.dir, 'events'), 'w', buffering=1)


def event(*words):
    events.write('%d %d %s\n' % ((time.monotonic() - begin) * 1000, heard, ' '.join(str(w) for w in words)))


def keep(link):
    """
    vhost-device-vsock dies if it cannot say "OK" to whom it connects: should we end before that, or not wait
    for it, another
    process keeps the connection. Returns where to write once it was said.
    """
    said, say = os.pipe()
    if not os.fork():
        # A signal to our session must not end it.
        os.setsid()
        for fd in range(3, 256):
            if fd not in (said, link.fileno()):
                try:
                    os.close(fd)
                except OSError:
                    pass
        try:
            if not os.read(said, 1):
                # A guest that is kept busy may answer much later.
                link.settimeout(300)
                link.recv(1)
        finally:
            os._exit(0)
    os.close(said)
    return say


class Place:
    """One of the connections: who listens or calls for it, and what is said."""

    def __init__(self, number, text):
        self.number = number
        self.plays = number == 0
        self.records = number == len(arguments.places) - 1
        self.link = None
        self.listener = None
        self.code = b''
        self.out = b''
        self.retry = 0
        where, _, port = text.rpartition(':')
        self.call = (where, int(port)) if where not in ('', 'vsock') else None
        if not self.call:
            self.listener = socket.socket(socket.AF_VSOCK if where else socket.AF_UNIX)
            self.listener.bind((socket.VMADDR_CID_ANY, int(port)) if where else text)
            self.listener.listen()
            selector.register(self.listener, selectors.EVENT_READ, self.accept)

    def accept(self, _):
        link, _ = self.listener.accept()
        if self.link:
            self.end()
        self.begin(link)

    def begin(self, link):
        link.setblocking(False)
        self.link = link
        self.code = b''
        self.out = b''
        event('up', self.number)
        if not (arguments.q and self.plays):
            selector.register(link, selectors.EVENT_READ, self.read)

    def dial(self):
        where, port = self.call
        try:
            if where.isdigit():
                link = socket.socket(socket.AF_VSOCK)
                link.settimeout(2)
                link.connect((int(where), port))
            else:
                link = socket.socket(socket.AF_UNIX)
                link.settimeout(2)
                link.connect(where)
                say = keep(link)
                try:
                    link.sendall(b'CONNECT %d\n' % port)
                    answer = b''
                    while not answer.endswith(b'\n'):
                        byte = link.recv(1)
                        if not byte:
                            raise ConnectionError('refused')
                        answer += byte
                    os.write(say, b'.')
                finally:
                    os.close(say)
        except OSError:
            self.retry = time.monotonic() + 0.2
            return
        self.begin(link)

    def end(self):
        global wanted
        event('down', self.number)
        try:
            selector.unregister(self.link)
        except KeyError:
            pass
        self.link.close()
        self.link = None
        if self.records and not self.plays:
            wanted = False
        self.retry = time.monotonic() + 0.2

    def read(self, _):
        try:
            data = self.link.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b''
        if not data:
            self.end()
        elif self.plays:
            self.play(data)
        else:
            self.take_codes(data)

    def play(self, data):
        global heard
        sound.write(data)
        heard += len(data)

    def take_codes(self, data):
        global wanted
        self.code += data
        while len(self.code) >= 4:
            code = struct.unpack('<I', self.code[:4])[0]
            self.code = self.code[4:]
            event('code', '%08x' % code)
            if code >> 16 == 1:
                wanted = bool(code & 1)

    def tell(self, data):
        self.out += data
        try:
            self.out = self.out[self.link.send(self.out):]
        except BlockingIOError:
            self.out = self.out[:CHUNK * 20 // 4 * 4]
        except OSError:
            self.end()


def main():
    global told, due
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    places = [Place(n, text) for n, text in enumerate(arguments.places)]
    while True:
        now = time.monotonic()
        for place in places:
            if place.call and not place.link and now >= place.retry:
                place.dial()
        last = places[-1]
        if microphone and last.link and (wanted or arguments.u):
            due = due or now
            while due <= now and last.link:
                last.tell(around[told:told + CHUNK])
                told = (told + CHUNK) % len(microphone)
                due += 0.01
        else:
            due = None
        for key, _ in selector.select(0.005):
            key.data(key.fileobj)


main()
