"""Many connections, one after another and at once, between tests/interop/peer.cpp and this machine's kernel."""

import asyncio
import socket
import subprocess

from world import FAMILY, KERNEL, LINK, OURS, PATIENCE, octets, start

OCTETS = 1000


def start_peer(world, *words):
    link = [LINK[1], *LINK[2:]]
    return start([world.peer, *link, *world.impair, *map(str, words)], stdout=subprocess.PIPE, text=True)


def summary(peer, count):
    last = peer.stdout.read().strip().splitlines()[-1]
    print("  our side:", last)
    assert peer.wait(PATIENCE) == 0
    assert last.startswith(f"{count} done, 0 failed"), last


async def ask(address, port, number, gate):
    async with gate:
        reader, writer = await asyncio.open_connection(address, port)
        question = octets(OCTETS, number)
        writer.write(question)
        writer.write_eof()
        answer = await reader.read(-1)
        writer.close()
        await writer.wait_closed()
        assert answer == question, f"connection {number} was answered {len(answer)} octets that were not asked"


async def ask_all(address, port, count, at_once):
    gate = asyncio.Semaphore(at_once)
    await asyncio.wait_for(asyncio.gather(*(ask(address, port, i, gate) for i in range(count))), PATIENCE)


def kernel_asks(world, family, count, at_once):
    peer = start_peer(world, "serve", 9000, count)
    assert peer.stdout.readline() == "ready\n"
    asyncio.run(ask_all(OURS[family], 9000, count, at_once))
    summary(peer, count)


async def answer(reader, writer):
    try:
        while text := await reader.read(1 << 16):
            writer.write(text)
            await writer.drain()
    finally:
        writer.close()


async def serve_while(peer_words, world, family, count):
    listener = socket.socket(FAMILY[family])
    listener.bind(("::" if family == 6 else "0.0.0.0", 9000))
    server = await asyncio.start_server(answer, sock=listener, backlog=512)
    peer = start_peer(world, *peer_words)
    await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(None, summary, peer, count), PATIENCE)
    server.close()


def we_ask(world, family, count, at_once):
    words = ("ask", KERNEL[family], 9000, count, at_once, OCTETS)
    asyncio.run(serve_while(words, world, family, count))


def both_ways(count, at_once):
    def case(world, family):
        kernel_asks(world, family, count, at_once)
        we_ask(world, family, count, at_once)

    return case


CASES = {
    "1000-in-sequence": both_ways(1000, 1),
    "50-in-sequence": both_ways(50, 1),
    "200-at-once": both_ways(200, 200),
    "1000-by-200": both_ways(1000, 200),
}
