"""How connections open, between us and this machine's kernel: fast open, signed segments, and a listener under a flood of SYNs."""

import asyncio
import errno
import os
import select
import socket
import struct
import subprocess
import time

from features import finish, told, they_send, we_send
from many import answer, start_peer
from world import FAMILY, KERNEL, OURS, PATIENCE, Program, octets, read_all, skip, start

# linux/tcp.h, linux/socket.h
TCP_FASTOPEN, TCP_MD5SIG, TCP_AO_ADD_KEY, MSG_FASTOPEN = 23, 14, 38, 0x20000000
TCPI_OPT_SYN_DATA = 32
SYSCTL = "/proc/sys/net/ipv4/"


def set_kernel(name, value):
    """A setting of this namespace."""
    try:
        with open(SYSCTL + name, "w", encoding="ascii") as setting:
            setting.write(str(value))
    except OSError as error:
        skip(f"{SYSCTL}{name} cannot be set: {error.strerror}")


def rode_on_syn(connection):
    """TCP_INFO says that text crossed with the SYN."""
    options = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[5]
    return bool(options & TCPI_OPT_SYN_DATA)


# --- fast open -----------------------------------------------------------------------------------------------------------


def kernel_opens_fast(world, family):
    ours = world.listen(9000, "--fast-open", "--keep", "--info=json", stdin=subprocess.DEVNULL)
    text = b"text of a SYN"
    rode = []
    for _ in range(3):
        client = socket.socket(FAMILY[family])
        assert client.sendto(text, MSG_FASTOPEN, (OURS[family], 9000)) == len(text)  # blocks: a timeout would make it EINPROGRESS
        client.settimeout(PATIENCE)
        assert ours.output.read(len(text)) == text
        rode.append(rode_on_syn(client))
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""
        client.close()
    assert rode == [False, True, True], f"the first asks for a cookie, the others use it: {rode}"
    with ours.told:
        assert ours.told.wait_for(lambda: ours.diagnostics.count(b'"fast_open"') == 3, PATIENCE), ours.diagnostics
    ours.interrupt()
    ours.ends(1, b"interrupted")
    agreed = [line.count(b'"fast_open":true') for line in ours.diagnostics.splitlines() if line.startswith(b"{")]
    assert agreed[1:] == [1, 1], f"our side says so too: {agreed}"


async def serve_fast(world, family, count, seen):
    async def answer_and_look(reader, writer):
        seen.append(rode_on_syn(writer.get_extra_info("socket")))
        await answer(reader, writer)

    listener = socket.socket(FAMILY[family])
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("::" if family == 6 else "0.0.0.0", 9000))
    listener.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 16)
    server = await asyncio.start_server(answer_and_look, sock=listener, backlog=64)
    peer = start_peer(world, "--fast-open", "yes", "ask", KERNEL[family], 9000, count, 1, 500)
    lines = await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(None, peer.stdout.read), PATIENCE)
    assert peer.wait(PATIENCE) == 0, lines
    server.close()
    return lines


def we_open_fast(world, family):
    count, seen = 4, []
    lines = asyncio.run(serve_fast(world, family, count, seen))
    assert seen == [False] + [True] * (count - 1), f"the first asks for a cookie, the others use it: {seen}"
    assert f"fast opens: {count - 1} sent" in lines, lines
    assert f"{count} done, 0 failed" in lines, lines


def one_shot(world, family):
    """connect --fast-open to a kernel that believes everybody (0x200)."""
    listener = world.kernel_listens(family, 9001)
    listener.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 16)
    for bits, expected in ((0x203, True), (0x3, False)):
        set_kernel("tcp_fastopen", bits)
        ours = world.connect(family, 9001, "--fast-open")
        ours.input.write(b"at once")
        ours.input.flush()
        theirs, _ = listener.accept()
        theirs.settimeout(PATIENCE)
        assert theirs.recv(100) == b"at once"
        assert rode_on_syn(theirs) == expected
        finish(ours, theirs)
    listener.close()


def fast_open(world, family):
    set_kernel("tcp_fastopen", 3)
    kernel_opens_fast(world, family)
    we_open_fast(world, family)
    one_shot(world, family)


# --- signed segments -----------------------------------------------------------------------------------------------------


def storage(family, address):
    if family == 4:
        return struct.pack("=HH4s120x", socket.AF_INET, 0, socket.inet_pton(socket.AF_INET, address))
    return struct.pack("=HHI16sI100x", socket.AF_INET6, 0, 0, socket.inet_pton(socket.AF_INET6, address), 0)


def sign_md5(connection, family, secret):
    key = struct.pack("=128sBBHi80s", storage(family, OURS[family]), 0, 0, len(secret), 0, secret)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, key)
    except OSError as error:
        if error.errno in (errno.ENOPROTOOPT, errno.EINVAL):
            skip("this kernel has no TCP-MD5 (CONFIG_TCP_MD5SIG)")
        raise


def sign_ao(connection, family, secret):
    """struct tcp_ao_add: send id 2, receive id 1, twelve octets of HMAC-SHA-1."""
    length = 32 if family == 4 else 128
    key = struct.pack("=128s64siIHBBBBBB80s", storage(family, OURS[family]), b"hmac(sha1)", 0, 0, 0, length, 2, 1, 12, 0,
                      len(secret), secret)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, TCP_AO_ADD_KEY, key.ljust((len(key) + 7) // 8 * 8, b"\0"))
    except OSError as error:
        if error.errno == errno.ENOPROTOOPT:
            skip("this kernel has no TCP-AO (CONFIG_TCP_AO)")
        raise


def is_unanswered(family, port, prepare):
    client = socket.socket(FAMILY[family])
    prepare(client)
    client.settimeout(1.5)
    try:
        client.connect((OURS[family], port))
    except (TimeoutError, socket.timeout):
        return True
    finally:
        client.close()
    return False


def signed(option, sign):
    """Both ways with one key; who has none, or another, is not heard."""

    def case(world, family):
        text = octets(20_000, 7)
        key = [option[0], f"{KERNEL[family]}={option[1]}0secret"]
        secret, wrong = b"0secret", b"another"

        ours = world.listen(9000, *key, "--info=json")
        client = socket.socket(FAMILY[family])
        sign(client, family, secret)
        assert is_unanswered(family, 9000, lambda other: None), "an unsigned SYN was answered"
        assert is_unanswered(family, 9000, lambda other: sign(other, family, wrong)), "a SYN signed with another key was answered"
        client.settimeout(PATIENCE)
        client.connect((OURS[family], 9000))
        we_send(ours, client, text)
        they_send(ours, client, text)
        finish(ours, client)

        listener = socket.socket(FAMILY[family])
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.settimeout(PATIENCE)
        listener.bind(("::" if family == 6 else "0.0.0.0", 9001))
        sign(listener, family, secret)
        listener.listen(5)
        ours = world.connect(family, 9001, *key, "--info=json")
        theirs, _ = listener.accept()
        theirs.settimeout(PATIENCE)
        we_send(ours, theirs, text)
        they_send(ours, theirs, text)
        finish(ours, theirs)
        assert told(ours)["agreed"]["mss"] < 1460 - 12, "a signature takes room"
        listener.close()

    return case


def between_us(world, family):
    """Two processes of ours sign with TCP-AO through a UDP tunnel; a third with another key is not heard."""
    ends = {4: ("127.0.0.1:7001", "127.0.0.1:7002"), 6: ("[::1]:7001", "[::1]:7002")}[family]
    length = 64 if family == 6 else 24
    with open(world.path("key"), "w", encoding="ascii") as file:
        file.write("secret\n")

    def program(command, local, remote, address, *words, **options):
        link = f"udp:{local},{remote},{address}/{length}"
        return Program([world.fourtuple, command, "--link", link, "--pcap", world.path(command), *words], **options)

    server = program("listen", *ends, OURS[family], "--ao", f"{KERNEL[family]}=1:2:@{world.path('key')}", "80", ready=b"listening")
    stranger = program("connect", *reversed(ends), KERNEL[family], "--ao", f"{OURS[family]}=2:1:another", "--timeout", "2s",
                       OURS[family], "80")
    stranger.ends(1, b"timed")
    client = program("connect", *reversed(ends), KERNEL[family], "--ao", f"{OURS[family]}=2:1:secret", OURS[family], "80")
    client.input.write(b"signed")
    client.input.close()
    server.input.close()
    assert server.output.read() == b"signed"
    client.ends(0)
    server.ends(0)


# --- a flood of SYNs -----------------------------------------------------------------------------------------------------


def connect_all(address, port, count, within):
    """How many of so many connects, begun over a second, were made in time; the connections stay."""
    waiting, made, slowest = {}, [], 0.0
    poller = select.epoll()
    begin = time.monotonic()
    for number in range(count):
        client = socket.socket(socket.AF_INET)
        client.setblocking(False)
        result = client.connect_ex((address, port))
        assert result in (0, errno.EINPROGRESS), os.strerror(result)
        waiting[client.fileno()] = (client, time.monotonic())
        poller.register(client.fileno(), select.EPOLLOUT)
        time.sleep(max(0.0, begin + (number + 1) / count - time.monotonic()))
    late = 0
    while waiting and time.monotonic() < begin + 1 + 2 * within:
        now = time.monotonic()
        for descriptor, _ in poller.poll(0.05):
            client, asked = waiting.pop(descriptor)
            poller.unregister(descriptor)
            good = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
            took = now - asked
            slowest = max(slowest, took)
            if good and took <= within:
                made.append(client)
            else:
                late += 1
                client.close()
    print(f"  {len(made)} of {count} connected within {within} s, {late} later or not, {len(waiting)} never; the slowest took {slowest:.2f} s")
    return made


def flood(world, family):
    """FT_FLOOD=RATE,SECONDS,CLIENTS changes the size; IPv4 only."""
    if family != 4:
        return
    rate, seconds, clients = (int(word) for word in os.environ.get("FT_FLOOD", "5000,4,200").split(","))
    peer = start_peer(world, "serve", 9000, clients)
    assert peer.stdout.readline() == "ready\n"
    subprocess.run(["ip", "link", "set", "ft0", "txqueuelen", "20000"], check=True)
    attack = start([world.flood, "ft0", OURS[4], "9000", str(rate), str(seconds)], stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    made = connect_all(OURS[4], 9000, clients, 3)
    print(" ", attack.communicate(timeout=PATIENCE)[0].strip())
    for client in made:
        client.setblocking(True)
        client.settimeout(PATIENCE)
        client.sendall(b"still there?")
        client.shutdown(socket.SHUT_WR)
    answered = sum(read_all(client) == b"still there?" for client in made)
    for client in made:
        client.close()
    assert answered == len(made), f"{answered} of {len(made)} were answered"
    missing = clients - len(made)
    for _ in range(missing):  # the peer counts to `clients`
        with socket.create_connection((OURS[4], 9000), PATIENCE) as client:
            client.shutdown(socket.SHUT_WR)
            read_all(client)
    lines = peer.stdout.read().strip().splitlines()
    assert peer.wait(PATIENCE) == 0, lines
    for line in lines:
        print("  our side:", line)
    most, ceiling = (int(word) for word in next(line for line in lines if line.startswith("memory")).split() if word.isdigit())
    assert most <= ceiling, f"{most} octets of memory, the ceiling is {ceiling}"
    assert len(made) >= 0.99 * clients, f"{len(made)} of {clients} honest clients got in"


CASES = {
    "fast-open": fast_open,
    "md5": signed(("--md5", ""), sign_md5),
    "ao": signed(("--ao", "1:2:"), sign_ao),
    "ao-between-us": between_us,
    "syn-flood": flood,
}
