#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A host that attacks. It answers a guest's PulseAudio handshake as a real host did (kernel/tests/vectors) up to a
step, and then makes one of many attacks. Without a handshake, with raw PCM and with Qubes, it attacks at once.

  hostile_host.py SEED COUNT REPORT pulse PLACE         a server for protocol=pulse
  hostile_host.py SEED COUNT REPORT raw PLACE [PLACE]   for protocol=simple and, with two places, qubes
  hostile_host.py SEED COUNT REPORT flood PLACE         for protocol=pulse: answers each stream as a host should, and
                                                        sends requests for audio data without end
  hostile_host.py SEED COUNT REPORT pour PLACE          for protocol=simple: sends zeros without end

PLACE   PORT: listen at this vsock port. CID:PORT: connect to that port again and again
COUNT   number of attacks, selected by SEED, each kind at least once; 0 for all
REPORT  file that gets a line "DIRECTION STEP ATTACK" for each attack, and "all" after the last

SIGTERM ends the program. It runs in a guest (selftests/sim).
"""
import glob
import os
import random
import re
import signal
import socket
import struct
import sys
import threading
import time

seed, count, report_path, kind = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
random.seed(seed)
report = open(report_path, 'w', buffering=1)
lock = threading.Lock()

AUTH, NAME, CREATE_PLAYBACK, CREATE_RECORD = 8, 9, 3, 5
REPLY, ERROR, REQUEST, OVERFLOW, UNDERFLOW, KILLED_PLAYBACK, KILLED_RECORD = 2, 0, 61, 62, 63, 64, 65
SUSPENDED, MOVED, STARTED, ATTR_CHANGED, SRBCHANNEL = 76, 78, 86, 94, 101
STEPS = ['connected', 'auth', 'name', 'create', 'streaming']
EDGES = [0, 1, 2, 3, 255, 65535, 65536, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]
HOLD = 3  # seconds that a guest may take to go
FLOOD_BYTES = 1 << 20  # four times what a vsock connection buffers


def u32(value):
    return b'L' + struct.pack('>I', value & 0xffffffff)


def frame(payload, channel=0xffffffff, flags=0, length=None):
    return struct.pack('>IIIII', len(payload) if length is None else length, channel, 0, 0, flags) + payload


def control(command, tag, *values):
    return frame(u32(command) + u32(tag) + b''.join(u32(v) for v in values))


def replies_of_a_real_host():
    """From the captured sessions: for each command, what followed the tag in its reply."""
    found = {}
    for path in sorted(glob.glob(os.path.join(os.path.dirname(__file__), '../vectors/*.hex'))):
        commands = {}
        for text in re.split('^@', open(path).read(), flags=re.M)[1:]:
            head, _, body = text.partition('\n')
            body = re.sub('#.*', '', body)
            data = bytes.fromhex(re.sub(r'\s', '', body))
            if 'CTRL' not in head or len(data) < 30:
                continue
            command, tag = struct.unpack('>xIxI', data[20:30])
            if head[0] == 'C':
                commands[tag] = command
            elif command == REPLY and tag in commands:
                found.setdefault(commands[tag], data[30:])
    return found


real = replies_of_a_real_host()
assert {AUTH, NAME, CREATE_PLAYBACK, CREATE_RECORD} <= set(real), 'the vectors lack a handshake'


def numbers_in(values):
    """Where in a reply its numbers are, and how long each is."""
    sizes = {b'L': 4, b'B': 1, b'R': 8, b'r': 8, b'U': 8, b'T': 8, b'V': 4, b'a': 6}
    at = 0
    while at < len(values):
        tag = values[at:at + 1]
        at += 1
        if tag == b't':
            at = values.index(b'\0', at) + 1
            continue
        size = sizes.get(tag, 0)
        if tag == b'x':
            size = 4 + struct.unpack('>I', values[at:at + 4])[0]
        elif tag == b'm':
            size = 1 + values[at]
        elif tag == b'v':
            size = 1 + 4 * values[at]
        if size:
            yield at, min(size, 8)
        at += size


class Gone(Exception):
    pass


class Guest:
    """A connection of the guest's."""

    def __init__(self, link):
        self.link = link
        self.index = 0
        self.channel = 0
        self.direction = '-'
        self.tag = 0
        self.sent = 0
        self.cut = None
        self.change = None  # of each reply
        link.settimeout(10)

    def send(self, data):
        if self.cut is not None and self.sent + len(data) > self.cut:
            self.link.sendall(data[:self.cut - self.sent])
            raise Gone
        self.sent += len(data)
        self.link.sendall(data)

    def receive(self, n):
        data = b''
        while len(data) < n:
            part = self.link.recv(n - len(data))
            if not part:
                raise Gone
            data += part
        return data

    def frame(self):
        """The next command and its tag; of sound, None."""
        length, channel = struct.unpack('>II12x', self.receive(20))
        data = self.receive(length)
        if channel != 0xffffffff:
            return None, 0
        return struct.unpack('>xIxI', data[:10])

    def answer(self, command, tag):
        values = real.get(command, b'')
        if command == CREATE_PLAYBACK:
            self.channel, self.index = struct.unpack('>xIxI', values[:10])
        elif command == CREATE_RECORD:
            self.channel, self.index = struct.unpack('>xIxI', values[:10])
        if self.change:
            values = self.change(values)
        self.send(frame(u32(REPLY) + u32(tag) + values))

    def serve(self):
        """As a host should, for ever."""
        while True:
            command, tag = self.frame()
            if command is not None:
                self.answer(command, tag)
            elif self.direction == 'playback':
                self.send(control(REQUEST, 0xffffffff, self.index, 1920))

    def hold(self):
        """Until the guest goes; raw PCM goes on for as long as anybody plays."""
        end = time.monotonic() + HOLD
        self.link.settimeout(HOLD)
        try:
            while self.link.recv(65536) and (kind == 'pulse' or time.monotonic() < end):
                pass
        except OSError:
            pass


# ---- what a host should not do; each may go on, or raise Gone


def silence(g):
    g.hold()
    raise Gone


def close(g):
    raise Gone


def garbage(g):
    g.send(random.randbytes(random.choice([1, 19, 20, 21, 100, 5000])))
    g.hold()
    raise Gone


def garbage_behind_a_head(g):
    for _ in range(20):
        g.send(frame(random.randbytes(random.randrange(300)), channel=random.choice([0xffffffff, 0, g.channel])))


def flood(data):
    def attack(g):
        for _ in range(FLOOD_BYTES // len(data(g))):
            g.send(data(g))
    attack.__name__ = 'flood_of_' + data.__name__
    return attack


def zeros(g): return bytes(4096)
def empty_frames(g): return frame(b'') * 200
def requests(g): return control(REQUEST, 0xffffffff, g.index, 1) * 100
def sound(g): return frame(bytes(8192), channel=g.channel)
def news(g): return control(66, 0xffffffff, 0x12, g.index) * 100


def oversize(g):
    g.send(frame(b'', length=random.choice([0xffffffff, 0x80000000, 0x7fffffff, 0x01000001, 0x04000000])) + bytes(1000))
    g.hold()
    raise Gone


def huge_frame(g):
    """As long as may be, or more than a guest keeps."""
    g.send(frame(u32(REPLY) + u32(g.tag) + bytes(random.choice([5000, 70000, 1000000]))))


def empty(g):
    for channel in (0xffffffff, 0, g.channel, 12345):
        g.send(frame(b'', channel=channel) * 100)


def request_4_gib(g):
    for _ in range(100):
        g.send(control(REQUEST, 0xffffffff, g.index, 0xffffffff))


def numbers_not_ours(g):
    for index in (g.index + 1, 0xffffffff, 0x80000000):
        for command in (REQUEST, OVERFLOW, UNDERFLOW, STARTED, SUSPENDED, MOVED, ATTR_CHANGED, KILLED_PLAYBACK,
                        KILLED_RECORD):
            g.send(control(command, 0xffffffff, index, 4096, 1, 2))
        g.send(frame(bytes(400), channel=index))


def shared_memory(g):
    for flags in (0x80000000, 0x40000000, 0xc0000000, 0x20000000, 0xffffffff):
        g.send(frame(bytes(16), flags=flags))
        g.send(frame(bytes(16), channel=g.channel, flags=flags))
    g.send(control(SRBCHANNEL, 0))
    g.send(control(103, 0xffffffff, 1))


def out_of_order(g):
    for tag in range(12, -1, -1):
        g.send(frame(u32(REPLY) + u32(tag) + real[random.choice(list(real))]))


def all_at_once(g):
    g.send(b''.join(frame(u32(REPLY) + u32(tag) + real[c]) for tag in range(4)
                    for c in (AUTH, NAME, CREATE_PLAYBACK, CREATE_RECORD)))


def killed(g):
    for command in (KILLED_PLAYBACK, KILLED_RECORD):
        g.send(control(command, 0xffffffff, g.index))


def errors(g):
    for tag in (g.tag, g.tag + 1, 0, 0xffffffff):
        for code in (0, 1, 27, 28, 0xffffffff):
            g.send(control(ERROR, tag, code))


def changed_numbers(g):
    def change(values):
        values = bytearray(values)
        for at, size in numbers_in(bytes(values)):
            if random.random() < 0.3:
                values[at:at + size] = struct.pack('>Q', random.choice(EDGES) << random.choice([0, 31, 32]) &
                                                   0xffffffffffffffff)[8 - size:]
        return bytes(values)
    g.change = change


def absurd_figures(g):
    """Of the latency: what is 64 bits long."""
    def change(values):
        values = bytearray(values)
        for at, size in numbers_in(bytes(values)):
            if size == 8:
                value = random.choice([0, 1 << 63, (1 << 64) - 1, (1 << 63) - 1, 1 << 40])
                values[at:at + 8] = struct.pack('>Q', value)
        return bytes(values)
    g.change = change


def cut_replies(g):
    g.change = lambda values: values[:random.randrange(len(values) + 1)]


def replies_with_more(g):
    g.change = lambda values: values + random.choice([b'L', b'1', b'P', random.randbytes(50), values])


def twice(g):
    send = g.send
    g.send = lambda data: (send(data), send(data))


def bit_by_bit(g):
    send = g.send

    def slowly(data):
        for n in range(len(data)):
            send(data[n:n + 1])
    g.send = slowly


def half_closed(g):
    g.link.shutdown(socket.SHUT_WR)
    g.hold()
    raise Gone


def half_deaf(g):
    g.link.shutdown(socket.SHUT_RD)
    time.sleep(HOLD)
    raise Gone


def deaf(g):
    time.sleep(HOLD)
    raise Gone


ATTACKS = [silence, close, garbage, garbage_behind_a_head, flood(zeros), flood(empty_frames), flood(requests),
           flood(sound),
           flood(news), oversize, huge_frame, empty, request_4_gib, numbers_not_ours, shared_memory, out_of_order,
           all_at_once, killed, errors, changed_numbers, absurd_figures, cut_replies,
           replies_with_more, twice, bit_by_bit,
           half_closed, half_deaf, deaf]
RAW = [silence, close, garbage, flood(zeros), flood(sound), half_closed, half_deaf, deaf]
LENGTH = sum(30 + len(real[c]) for c in (AUTH, NAME, CREATE_PLAYBACK))


def pairs():
    """All of (direction, step, attack); the direction is "-" while it is not known, "cut" is at every byte."""
    if kind == 'raw':
        return [('-', 'connected', a.__name__) for a in RAW]
    todo = [('-', s, a.__name__) for s in STEPS[:3] for a in ATTACKS]
    todo += [(d, s, a.__name__) for s in STEPS[3:] for a in ATTACKS for d in ('playback', 'record')]
    return todo + [('cut', str(n), 'close') for n in range(LENGTH + 1)]


def plan():
    """What is to be done: of each attack one, then others, in a random order."""
    todo = pairs()
    random.shuffle(todo)
    if not count:
        return todo
    kinds = {}
    for pair in todo:
        kinds.setdefault((pair[0] == 'cut', pair[2]), pair)
    first = list(kinds.values())
    return first + [pair for pair in todo if pair not in first][:max(0, count - len(first))]


left = plan()
by_name = {a.__name__: a for a in ATTACKS + RAW}


def choose(directions):
    """Something that is still to be done, or has been done."""
    with lock:
        mine = [p for p in left if p[0] in directions]
        return random.choice(mine) if mine else None


def done(pair):
    with lock:
        report.write(' '.join(pair) + '\n')
        if pair in left:
            left.remove(pair)
            if not left:
                report.write('all\n')


def attack(g, pair):
    done(pair)
    by_name[pair[2]](g)


def converse(g):
    # What comes late in a handshake has to come often.
    pair = choose(('-', 'cut')) if random.random() < 0.5 else None
    if pair and pair[0] == 'cut':
        g.cut = int(pair[1])
    if pair and pair[1] == 'connected':
        attack(g, pair)
    while True:
        command, tag = g.frame()
        g.tag = tag
        if command == AUTH and pair and pair[1] == 'auth' or command == NAME and pair and pair[1] == 'name':
            attack(g, pair)
        elif command in (CREATE_PLAYBACK, CREATE_RECORD):
            break
        g.answer(command, tag)
    g.direction = 'playback' if command == CREATE_PLAYBACK else 'record'
    if not pair:
        pair = choose((g.direction,))
    if pair and pair[1] == 'create':
        attack(g, pair)
    g.answer(command, tag)
    # The guest has taken it, when it says more than this.
    command, tag = g.frame()
    if pair and pair[1] == 'streaming':
        attack(g, pair)
    if command is not None:
        g.answer(command, tag)
    g.serve()


def send_without_end(g, data):
    while True:
        with g.turn:
            g.link.sendall(data)


def answer_and_flood(g):
    g.turn = threading.Lock()
    send = g.send

    def in_turn(data):
        with g.turn:
            send(data)
    g.send = in_turn
    command = None
    while command not in (CREATE_PLAYBACK, CREATE_RECORD):
        command, tag = g.frame()
        g.answer(command, tag)
    done(('playback', 'streaming', 'flood'))
    threading.Thread(target=send_without_end, args=(g, requests(g) * 20), daemon=True).start()
    g.serve()


def meet(link):
    g = Guest(link)
    try:
        if kind == 'pulse':
            converse(g)
        elif kind == 'flood':
            answer_and_flood(g)
        elif kind == 'pour':
            g.turn = threading.Lock()
            done(('-', 'connected', kind))
            send_without_end(g, zeros(g))
        else:
            pair = choose(('-',)) or random.choice(pairs())
            attack(g, pair)
            g.hold()
    except Gone:
        if g.cut is not None:
            done(('cut', str(g.cut), 'close'))
    except OSError:
        pass
    finally:
        link.close()


def listen(port):
    listener = socket.socket(socket.AF_VSOCK)
    listener.bind((socket.VMADDR_CID_ANY, port))
    listener.listen(64)
    while True:
        link, _ = listener.accept()
        threading.Thread(target=meet, args=(link,), daemon=True).start()


def connect(cid, port):
    while True:
        link = socket.socket(socket.AF_VSOCK)
        try:
            link.connect((cid, port))
            meet(link)
        except OSError:
            link.close()
        time.sleep(0.2)


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
for place in sys.argv[5:]:
    cid, _, port = place.rpartition(':')
    thread = threading.Thread(target=connect, args=(int(cid), int(port)), daemon=True) if cid else \
        threading.Thread(target=listen, args=(int(port),), daemon=True)
    thread.start()
signal.pause()
