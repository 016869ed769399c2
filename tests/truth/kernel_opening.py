"""Stories with the kernel at both ends: how connections begin, or fail to."""

import errno
import socket
import time

import packets
from network import ADDRESS, CLIENT, MORE_ADDRESSES, SERVER, Deliver, Lost
from packets import ACK, SYN
from paths import (answer_by_icmp, answer_by_reset, chosen, drop, is_pure_ack, is_syn, is_syn_ack, path, rewrite, while_set, with_mss,
                   without_option)
from stories import (Flag, LISTENING, PORT, Story, abort, accepted, connected, download, family_of, finish, hear, listener, many,
                     new_socket, nobody, read_exactly, read_to_end, requests, tell, upload)

SYN_TRIES = {CLIENT: [("net.ipv4.tcp_syn_retries", 2), ("net.ipv4.tcp_syn_linear_timeouts", 0)]}
ALL_SYNS = range(1, 100)


def fails_to_connect(port=PORT, timeout=None):
    def client(story, _):
        LISTENING.set()
        s = new_socket(story)
        s.settimeout(timeout or 20)
        result = s.connect_ex((ADDRESS[SERVER][story.family], port))
        assert result, "the connection came about"
        s.close()
    return client


def serve(connections=1, backlog=64):
    def server(story, _):
        s = listener(story, backlog=backlog)
        for _ in range(connections):
            c = accepted(s)
            read_to_end(c)
            c.close()
    return server


def speaks_first():
    """The server greets; nothing but the SYN-ACK can be repeated until the client's ACK has come."""
    def client(story, _):
        s = connected(story)
        read_exactly(s, 50)
        s.sendall(b"hello")
        s.close()

    def server(story, _):
        c = accepted(listener(story))
        c.sendall(b"g" * 50)
        read_to_end(c)
        c.close()

    return {"client": client, "server": server}


def good_then_refused_by_something():
    def client(story, _):
        s = connected(story)
        s.sendall(b"q" * 100)
        s.close()
        time.sleep(0.1)
        assert new_socket(story).connect_ex((ADDRESS[SERVER][story.family], 8081)) == errno.ECONNREFUSED
    return client


def overflow(story, channels):
    """Listens for one and accepts none until the others have tried."""
    s = listener(story, backlog=1)
    LISTENING.set()
    hear(channels, SERVER)
    for _ in range(2):
        c, _ = s.accept()
        c.close()
    time.sleep(1)


def crowd(story, channels):
    """Two fill the queue, the others knock in vain."""
    while not LISTENING.is_set():
        time.sleep(0.01)
    sockets = [new_socket(story) for _ in range(6)]
    for s in sockets:
        s.setblocking(False)
        s.connect_ex((ADDRESS[SERVER][story.family], PORT))
        time.sleep(0.05)
    time.sleep(4)
    tell(channels, SERVER)
    time.sleep(0.5)
    for s in sockets:
        s.close()


def gives_up(story, _):
    while not LISTENING.is_set():
        time.sleep(0.01)
    s = new_socket(story)
    s.setblocking(False)
    s.connect_ex((ADDRESS[SERVER][story.family], PORT))
    time.sleep(0.06)
    s.close()
    time.sleep(0.4)


def listens_in_vain(story, _):
    s = listener(story)
    LISTENING.set()
    time.sleep(1.2)
    s.close()


def old_state():
    """The client forgets its connection (its RST does not get through) and calls again from the same port."""
    deaf = Flag()

    def client(story, _):
        s = connected(story, from_port=40000)
        s.sendall(b"q" * 100)
        read_exactly(s, 100)
        time.sleep(0.1)
        deaf.set()
        abort(s)
        time.sleep(0.2)
        deaf.set(False)
        s = connected(story, from_port=40000)
        s.sendall(b"q" * 100)
        read_exactly(s, 100)
        s.close()

    def server(story, _):
        s = listener(story)
        first = accepted(s)
        read_exactly(first, 100)
        first.sendall(b"a" * 100)
        second = accepted(s)
        read_exactly(second, 100)
        second.sendall(b"a" * 100)
        read_to_end(second)
        second.close()

    return {"client": client, "server": server, "path": path(drop(while_set(deaf), "outage"), delay=0.02)}


def port_again():
    """The server closes first and keeps TIME-WAIT; the client calls again from the same port."""
    def client(story, _):
        for _ in range(2):
            s = connected(story, from_port=40001)
            s.sendall(b"q" * 100)
            read_to_end(s)
            s.close()
            time.sleep(1.1)  # the timestamp clock has moved on: TIME-WAIT may end early

    def server(story, _):
        s = listener(story)
        for _ in range(2):
            c = accepted(s)
            read_exactly(c, 100)
            c.sendall(b"a" * 100)
            c.close()

    return {"client": client, "server": server}


def both_call():
    def call(mine, theirs, port, other):
        def part(story, channels):
            s = socket.socket(family_of(story))
            s.settimeout(10)
            s.bind((ADDRESS[mine][4], port))
            tell(channels, theirs)
            hear(channels, mine)
            s.connect((ADDRESS[theirs][4], other))
            s.sendall(b"x" * 100)
            read_exactly(s, 100)
            finish(s)
        return part
    return {"client": call(CLIENT, SERVER, 40002, 40003), "server": call(SERVER, CLIENT, 40003, 40002)}


def split_handshake(wire, packet):
    """No server but a forger: SYN is answered by a bare ACK and a SYN of its own, the SYN-ACK that follows by an ACK."""
    s = packet.segment
    if s is None or packet.sender != CLIENT:
        return [Lost("nobody")]

    def say(flags, seq, ack, text=b"", after=0.04):
        wire.inject(CLIENT, packets.tcp_packet(s.destination, s.dport, s.source, s.sport, seq, ack, flags, 30000, text), after, "peer")
    if is_syn(s):
        say(ACK, 7000, s.seq + 1)
        say(SYN, 7000, 0, after=0.0405)
    elif is_syn_ack(s):
        say(ACK, 7001, s.seq + 1)
    elif s.length:
        say(ACK, 7001, s.seq + s.length)
        say(ACK | packets.PSH, 7001, s.seq + s.length, b"a" * 50, 0.041)
    elif s.flags & packets.FIN:
        say(ACK | packets.FIN, 7051, s.seq + 1)
    return [Lost("taken")]


def ask_once(story, _):
    LISTENING.set()
    s = connected(story)
    s.sendall(b"q" * 50)
    read_exactly(s, 50)
    s.close()
    time.sleep(0.2)


def fast_open():
    def client(story, _):
        while not LISTENING.is_set():
            time.sleep(0.01)
        for _ in range(2):  # the first one asks for the cookie
            s = new_socket(story)
            s.settimeout(None)  # with a limit the call would not wait for the handshake
            s.sendto(b"q" * 100, socket.MSG_FASTOPEN, (ADDRESS[SERVER][story.family], PORT))
            read_exactly(s, 100)
            s.close()
            time.sleep(0.1)

    def server(story, _):
        s = listener(story)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
        for _ in range(2):
            c = accepted(s)
            read_exactly(c, 100)
            c.sendall(b"a" * 100)
            read_to_end(c)
            c.close()

    return {"client": client, "server": server}


def scan(story, _):
    LISTENING.set()
    for port in range(20, 90):
        s = new_socket(story)
        s.connect_ex((ADDRESS[SERVER][story.family], port))
        s.close()


def keeps_listening(story, _):
    s = listener(story)
    c = accepted(s)
    read_exactly(c, 200)
    time.sleep(1.5)
    c.sendall(b"a" * 2000)
    read_to_end(c)
    c.close()


def flood(wire, packet):
    """When the client's SYN passes, four hundred others come along, from addresses where nobody answers."""
    if packet.sender == CLIENT and packet.segment and is_syn(packet.segment) and "flooded" not in wire.state:
        wire.state["flooded"] = True
        for n in range(400):
            source = MORE_ADDRESSES[n % len(MORE_ADDRESSES)]
            syn = packets.tcp_packet(source, 1024 + n, ADDRESS[SERVER][4], PORT, wire.random.getrandbits(32), 0, SYN, 64240,
                                     options=b"\2\4\5\xb4")
            wire.inject(SERVER, syn, 0.01 + n * 0.002, "peer")
    elif packet.sender == SERVER and packet.segment and packet.segment.destination in MORE_ADDRESSES:
        return [Lost("nobody")]
    return [Deliver(0.01, first_in_line=True)]


def stories():
    all_syns, both = chosen(CLIENT, is_syn, *ALL_SYNS), (CLIENT, SERVER)
    for family in (4, 6):
        yield Story(f"filtered_v{family}", "a firewall drops each SYN", fails_to_connect(), nobody, path(drop(all_syns, "filter")),
                    {CLIENT: ["syn-unanswered"]}, settings=SYN_TRIES, family=family, judged=(CLIENT,))
        yield Story(f"refused_v{family}", "nobody listens", fails_to_connect(), nobody, path(),
                    {end: ["port-closed"] for end in both}, family=family)
        yield Story(f"icmp_prohibited_v{family}", "a firewall says no by ICMP", fails_to_connect(), nobody,
                    path(answer_by_icmp(all_syns, {4: (3, 13), 6: (1, 1)})), {CLIENT: ["icmp-rejected"]}, family=family,
                    settings=SYN_TRIES, judged=(CLIENT,))
    yield Story("icmp_host_unreachable", "a router knows no way", fails_to_connect(), nobody,
                path(answer_by_icmp(all_syns, {4: (3, 1)})), {CLIENT: ["icmp-rejected"]}, settings=SYN_TRIES, judged=(CLIENT,))
    yield Story("middlebox_resets", "something close by answers the second connection by RST", good_then_refused_by_something(),
                serve(), path(answer_by_reset(chosen(CLIENT, is_syn, 2), 250), delay=0.03), {CLIENT: ["reset-by-middlebox"]},
                judged=(CLIENT,))
    yield Story("syn_lost", "the first SYN is lost", **download(20_000), path=path(drop(chosen(CLIENT, is_syn, 1))),
                finds={CLIENT: ["syn-retransmitted-then-ok"], SERVER: []})
    yield Story("syn_ack_lost", "the first SYN-ACK is lost", **download(20_000), path=path(drop(chosen(SERVER, is_syn_ack, 1))),
                finds={CLIENT: ["syn-retransmitted-then-ok"], SERVER: ["synack-lost"]})
    yield Story("handshake_ack_lost", "the ACK that ends the handshake is lost, the server speaks first", **speaks_first(),
                path=path(drop(chosen(CLIENT, is_pure_ack, 1))), finds={SERVER: ["handshake-ack-lost"], CLIENT: ["handshake-ack-lost"]})
    yield Story("queue_full", "nobody accepts and the queue is full", crowd, overflow, path(),
                {end: ["listen-queue-overflow"] for end in both}, may=("syn-retransmitted-then-ok", "rst-abortive-close"))
    yield Story("queue_full_resets", "nobody accepts, and who is too many is reset", crowd, overflow, path(),
                {end: ["listen-queue-overflow"] for end in both}, may=("syn-retransmitted-then-ok", "rst-abortive-close"),
                settings={SERVER: [("net.ipv4.tcp_abort_on_overflow", 1)]})
    yield Story("gave_up", "the client closes before the answer comes", gives_up, listens_in_vain, path(delay=0.08),
                {end: ["client-gave-up"] for end in both})
    yield Story("old_state", "the server still holds the connection that the client forgot", **old_state(), may=("rst-abortive-close",),
                finds={end: ["old-state-collision"] for end in both})
    yield Story("port_again", "the same port again, after the server has closed", **port_again(), path=path(),
                finds={end: ["port-reuse"] for end in both})
    yield Story("both_call", "both connect to each other at once", **both_call(), path=path(delay=0.3),
                finds={end: ["simultaneous-open"] for end in both})
    yield Story("split_handshake", "the server's SYN and ACK come apart", ask_once, nobody, split_handshake,
                {CLIENT: ["split-handshake"]}, judged=(CLIENT,))
    yield Story("fast_open", "text in the SYN once there is a cookie", **fast_open(), path=path(), finds={end: ["tfo"] for end in both},
                settings={"both": [("net.ipv4.tcp_fastopen", 3)]})
    yield Story("options_stripped", "the SYN loses its options on the way", **download(20_000),
                path=path(rewrite(chosen(CLIENT, is_syn, 1), without_option(3, 4, 8))), finds={SERVER: ["options-stripped"]},
                judged=(SERVER,))
    yield Story("mss_clamped", "a router lowers the MSS of both", **download(40_000),
                path=path(rewrite(chosen(CLIENT, is_syn, 1), with_mss(1360)), rewrite(chosen(SERVER, is_syn_ack, 1), with_mss(1360))),
                finds={end: ["mss-clamped"] for end in both})
    yield Story("no_window_scale_back", "the SYN-ACK loses its window scale on the way", **upload(60_000), until=6,
                path=path(rewrite(chosen(SERVER, is_syn_ack, 1), without_option(3))), finds={CLIENT: ["window-scale-mismatch"]},
                judged=(CLIENT,))
    yield Story("scan", "seventy ports are tried", scan, nobody, path(delay=0.005), {end: ["port-scan"] for end in both},
                may=("port-closed",))
    yield Story("flood", "four hundred SYNs that nobody means", download(2_000)["client"], keeps_listening, flood, {SERVER: ["syn-flood"]},
                judged=(SERVER,), quiet=1)
    yield Story("short_ones", "forty short connections, four at once", **many(40, 4), path=path(), healthy=True)
    yield Story("short_ones_v6", "the same over IPv6", **many(20, 4), path=path(), healthy=True, family=6)
    yield Story("requests", "ten requests and answers", **requests([(300, 5000)] * 10), path=path(), healthy=True)
