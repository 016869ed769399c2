"""Stories with the kernel at both ends: how connections end, or are forgotten, or killed."""

import os
import signal
import socket
import time

from network import CLIENT, SERVER
from paths import answer_data_by_reset, between, chosen, drop, forge_reset, is_data, is_fin, path, while_set
from stories import (Flag, Story, abort, accepted, connected, finish, listener, read_exactly, read_to_end, upload)

BOTH = (CLIENT, SERVER)
KEEPALIVE = ((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1),
             (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1), (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3))


def asks_and(then, answer=500):
    """One request and its answer, then each side does what the story is about."""
    def client(story, channels):
        s = connected(story, options=story_options.get(story.name, ()))
        s.sendall(b"q" * 200)
        read_exactly(s, answer)
        then[0](s, story, channels)

    def server(story, channels):
        c = accepted(listener(story))
        read_exactly(c, 200)
        c.sendall(b"a" * answer)
        then[1](c, story, channels)

    return {"client": client, "server": server}


story_options = {"keepalive": KEEPALIVE, "keepalive_unanswered": KEEPALIVE}


def waits(seconds):
    def act(s, *_):
        time.sleep(seconds)
        s.close()
    return act


def reads_to_end(s, *_):
    try:
        read_to_end(s)
    except ConnectionError:
        pass
    s.close()


def writes(s, *_):
    """Goes on writing until it learns that nobody listens."""
    try:
        for _ in range(40):
            s.sendall(b"x" * 1000)
            time.sleep(0.05)
    except OSError:
        pass
    s.close()


def aborts(s, *_):
    time.sleep(0.2)
    abort(s)


def closes(s, *_):
    s.close()


def half_closes(s, *_):
    finish(s)


def answers_for_a_second(s, *_):
    assert s.recv(10) == b""
    for _ in range(20):
        s.sendall(b"a" * 3000)
        time.sleep(0.05)
    s.close()


def never_closes(s, *_):
    time.sleep(60)
    s.close()


def half_closes_and_waits(s, *_):
    s.shutdown(socket.SHUT_WR)
    time.sleep(60)


def unread():
    """The server answers a request of which it has read only the beginning, and closes."""
    def client(story, _):
        s = connected(story)
        s.sendall(b"q" * 5000)
        reads_to_end(s)

    def server(story, _):
        c = accepted(listener(story))
        read_exactly(c, 100)
        time.sleep(0.1)
        c.sendall(b"a" * 200)
        c.close()

    return {"client": client, "server": server}


def closed_too_early():
    """The server closes and the client goes on writing."""
    def client(story, _):
        s = connected(story)
        s.sendall(b"q" * 100)
        read_exactly(s, 100)
        time.sleep(0.2)
        writes(s)

    def server(story, _):
        c = accepted(listener(story))
        read_exactly(c, 100)
        c.sendall(b"a" * 100)
        c.close()
        time.sleep(0.5)

    return {"client": client, "server": server}


def both_close():
    """At the same time: a pipe between the processes tells when, so neither has seen the other's FIN."""
    def client(story, channels):
        s = connected(story)
        s.sendall(b"q" * 100)
        read_exactly(s, 100)
        os.write(channels[SERVER][1], b"x")
        s.close()

    def server(story, channels):
        c = accepted(listener(story))
        read_exactly(c, 100)
        c.sendall(b"a" * 100)
        os.read(channels[SERVER][0], 1)
        c.close()

    return {"client": client, "server": server}


def forgotten():
    """The server's host loses its memory: what its kernel says about it is never heard."""
    deaf = Flag()

    def client(story, channels):
        s = connected(story)
        s.sendall(b"q" * 100)
        read_exactly(s, 100)
        os.read(channels[CLIENT][0], 1)
        writes(s)

    def server(story, channels):
        keeper = os.fork()
        if keeper == 0:
            c = accepted(listener(story))
            read_exactly(c, 100)
            c.sendall(b"a" * 100)
            time.sleep(0.3)
            deaf.set()
            abort(c)
            time.sleep(0.3)
            deaf.set(False)
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(keeper, 0)
        os.write(channels[CLIENT][1], b"x")
        time.sleep(0.5)

    return {"client": client, "server": server, "path": path(drop(while_set(deaf), "outage"), delay=0.02)}


def talks(s, *_):
    for _ in range(30):
        s.sendall(b"x" * 2000)
        time.sleep(0.03)
    finish(s)


def streams_until_killed(s, *_):
    try:
        for _ in range(300):
            s.sendall(b"x" * 20_000)
            time.sleep(0.002)
    except OSError:
        pass
    s.close()


def stories():
    yield Story("keepalive", "idle, and asked for now and then", **asks_and((waits(3.6), reads_to_end)), path=path(),
                finds={end: ["keepalive"] for end in BOTH})
    yield Story("keepalive_unanswered", "the peer is gone and keep-alives find out",
                **asks_and((reads_to_end, waits(60))), path=path(drop(between(0.4, 1000), "outage")), until=7,
                finds={CLIENT: ["keepalive-unanswered"]}, judged=(CLIENT,))
    yield Story("half_close", "the client finishes, the server goes on for a second", **asks_and((half_closes, answers_for_a_second)),
                path=path(), finds={end: ["half-close"] for end in BOTH})
    yield Story("never_closed", "the client finishes, the server never closes", **asks_and((half_closes_and_waits, never_closes)),
                path=path(), finds={end: ["half-closed-not-finished"] for end in BOTH}, until=8)
    yield Story("unread", "the server closes with a part of the request unread", **unread(), path=path(),
                finds={end: ["rst-unread-data"] for end in BOTH})
    yield Story("aborted", "the client aborts after the answer", **asks_and((aborts, reads_to_end)), path=path(),
                finds={end: ["rst-abortive-close"] for end in BOTH})
    yield Story("writes_on", "the server has closed and the client goes on writing", **closed_too_early(), path=path(),
                finds={end: ["rst-data-after-close"] for end in BOTH})
    yield Story("forgotten", "the server's host has forgotten the connection", **forgotten(),
                finds={end: ["half-open-peer-forgot"] for end in BOTH}, may=("rst-abortive-close",))
    yield Story("killed", "somebody resets a transfer in both names", **asks_and((streams_until_killed, reads_to_end)),
                path=path(forge_reset(chosen(CLIENT, is_data, 60), 44, both=True), delay=0.02),
                finds={end: ["rst-injected"] for end in BOTH})
    yield Story("blind_reset", "a reset with a number that is only near", **asks_and((talks, reads_to_end)),
                path=path(forge_reset(chosen(CLIENT, is_data, 12), 49, seq_offset=700), delay=0.02),
                finds={SERVER: ["blind-reset-attempt"]}, judged=(SERVER,))
    yield Story("both_close", "both close at the same time", **both_close(), path=path(delay=0.1),
                finds={end: ["simultaneous-close"] for end in BOTH})
    yield Story("fin_lost", "the FIN is lost", **upload(5000), path=path(drop(chosen(CLIENT, is_fin, 1))),
                finds={CLIENT: ["fin-retransmitted"]}, judged=(CLIENT,))
    yield Story("idle_forgotten", "after 35 s of silence nothing gets through any more", **asks_and((
        lambda s, *_: (time.sleep(35.5), writes(s)), reads_to_end)), path=path(drop(between(30, 1000), "forgotten"), delay=0.02), until=45,
        finds={CLIENT: ["idle-timeout"]}, judged=(CLIENT,))
    yield Story("idle_reset", "after 35 s of silence something on the way answers by RST", **asks_and((
        lambda s, *_: (time.sleep(35.5), writes(s)), reads_to_end)), path=path(answer_data_by_reset(30, 62), delay=0.02), until=40,
        finds={CLIENT: ["idle-timeout"]}, judged=(CLIENT,))
    yield Story("good_end", "a request, an answer, the client closes", **asks_and((closes, reads_to_end)), path=path(), healthy=True)
    yield Story("good_end_v6", "the same, and the server closes", **asks_and((reads_to_end, closes)), path=path(), healthy=True, family=6)

