"""What a story is, and what its parts are made of: sockets of the kernel, a flag and gates between the processes."""

import mmap
import os
import select
import socket
import struct
import time
from dataclasses import dataclass, field

from network import ADDRESS, CLIENT, SERVER

PORT = 8080


class Flag:
    """A bit that the parts and the path share, across processes."""

    def __init__(self):
        self.memory = mmap.mmap(-1, 1)

    def set(self, on=True):
        self.memory[0] = int(on)

    def is_set(self):
        return self.memory[0] != 0


@dataclass
class Story:
    name: str
    cause: str
    client: callable
    server: callable
    path: callable
    finds: dict = field(default_factory=dict)  # end -> ids that a good analyser finds in that end's capture
    may: tuple = ()  # ids of warnings that are right as well
    healthy: bool = False  # nothing that deserves a warning
    family: int = 4
    settings: dict = field(default_factory=dict)  # end or "both" -> [(sysctl, value)]
    commands: dict = field(default_factory=dict)  # end -> commands in its namespace
    mtu: dict = field(default_factory=dict)
    offloads: bool = False
    snap: int = 262144
    mirror: dict = field(default_factory=dict)
    until: float = 0  # seconds; 0: until both parts are over
    quiet: float = 0.5  # the recording ends when nothing has happened for so long
    seed: int = 1
    judged: tuple = (CLIENT, SERVER)  # the ends whose captures the diagnosis is judged on

    def description(self):
        return {"name": self.name, "cause": self.cause, "finds": self.finds, "may": list(self.may), "healthy": self.healthy,
                "judged": list(self.judged)}


# --- parts ------------------------------------------------------------------------------------------------------------------------

def family_of(story):
    return socket.AF_INET6 if story.family == 6 else socket.AF_INET


def new_socket(story):
    s = socket.socket(family_of(story), socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.settimeout(30)
    return s


def listener(story, port=PORT, backlog=64, receive_buffer=0):
    s = new_socket(story)
    if receive_buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    s.bind((ADDRESS[SERVER][story.family], port))
    s.listen(backlog)
    return s


def connected(story, port=PORT, from_port=0, receive_buffer=0, options=()):
    s = new_socket(story)
    if receive_buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    for option in options:
        s.setsockopt(*option)
    if from_port:
        s.bind((ADDRESS[CLIENT][story.family], from_port))
    for _ in range(100):  # the server may need a moment until it listens: that must not be seen on the wire
        if LISTENING.is_set():
            break
        time.sleep(0.01)
    s.connect((ADDRESS[SERVER][story.family], port))
    return s


LISTENING = Flag()


def accepted(s):
    LISTENING.set()
    connection, _ = s.accept()
    connection.settimeout(30)
    return connection


def read_exactly(s, count):
    left = count
    while left:
        part = s.recv(min(left, 1 << 16))
        if not part:
            raise EOFError(f"{left} of {count} octets did not come")
        left -= len(part)


def read_to_end(s):
    while s.recv(1 << 16):
        pass


def finish(s):
    """Has no more to say, hears the other end out, closes."""
    s.shutdown(socket.SHUT_WR)
    read_to_end(s)
    s.close()


def reads_all(story, _):
    """A server that says nothing."""
    c = accepted(listener(story))
    read_to_end(c)
    c.close()


def wait_readable(s, seconds):
    return bool(select.select([s], [], [], seconds)[0])


def abort(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def upload(octets=200_000, **how):
    """The client sends so much and closes; the server reads to the end and closes."""
    def client(story, _):
        s = connected(story, **how)
        s.sendall(os.urandom(octets))
        finish(s)

    return {"client": client, "server": reads_all}


def download(octets=200_000, pause=0.0):
    """A request of 200 octets, an answer of so many."""
    return requests([(200, octets)], think=pause)


def requests(pairs, think=0.0, client_think=0.0, writes=1, no_delay=True):
    """Requests and answers of these sizes; the client closes. `writes`: a request is written in so many pieces."""
    def client(story, _):
        s = connected(story, options=(NO_DELAY,) if no_delay else ())
        for n, (ask, answer) in enumerate(pairs):
            if n and client_think:
                time.sleep(client_think)
            for _ in range(writes):
                s.sendall(b"q" * (ask // writes))
            read_exactly(s, answer)
        s.close()

    def server(story, _):
        c = accepted(listener(story))
        for ask, answer in pairs:
            read_exactly(c, ask // writes * writes)
            if think:
                time.sleep(think)
            c.sendall(b"a" * answer)
        read_to_end(c)
        c.close()

    return {"client": client, "server": server}


def nobody(*_):
    LISTENING.set()


def many(connections, at_once, size=3000, port=PORT):
    """So many connections with a request and an answer each, some at once."""
    def client(story, _):
        left, running = connections, []
        while left or running:
            while left and len(running) < at_once:
                left -= 1
                s = connected(story, port=port)
                s.sendall(b"q" * 100)
                running.append(s)
            s = running.pop(0)
            read_exactly(s, size)
            s.close()

    def server(story, _):
        s = listener(story, port=port, backlog=512)
        for _ in range(connections):
            c = accepted(s)
            read_exactly(c, 100)
            c.sendall(b"a" * size)
            finish(c)

    return {"client": client, "server": server}


def hear(channels, end):
    assert os.read(channels[end][0], 1)


def tell(channels, end):
    os.write(channels[end][1], b"x")
