"""Our stack behind a router whose next link is narrower than ours: this namespace's kernel is the router, a second namespace
behind it the far host. The router says what it should, or a firewall in it swallows what it says."""

import os
import subprocess
import sys
import time

from world import LINK, PATIENCE, Program, digest, octets, start

NARROW = 1400
ROUTER = {4: "10.9.1.1", 6: "fd00:0:0:1::1"}
FAR = {4: "10.9.1.2", 6: "fd00:0:0:1::2"}
# The stack's prefix covers the far network too, so that all of it goes to the router.
WIDE_LINK = ["--link", LINK[1].replace("10.9.0.2/24", "10.9.0.2/16"), "--address", LINK[3].replace("/64", "/48")]

SERVER = """
import hashlib, socket, sys
listener = socket.socket(socket.AF_INET6 if sys.argv[1] == "6" else socket.AF_INET)
listener.bind((sys.argv[2], 9000))
listener.listen()
print("listening", flush=True)
connection, _ = listener.accept()
digest, count = hashlib.sha256(), 0
while part := connection.recv(1 << 20):
    digest.update(part)
    count += len(part)
connection.close()
print(count, digest.hexdigest(), flush=True)
"""


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def far_host(family):
    """A namespace behind a link of NARROW octets; returns how to run something in it."""
    keeper = start(["unshare", "-n", "sleep", str(2 * PATIENCE)])
    mine = os.readlink("/proc/self/ns/net")
    deadline = time.monotonic() + PATIENCE
    while os.readlink(f"/proc/{keeper.pid}/ns/net") == mine:
        assert time.monotonic() < deadline, "the second namespace did not come"
        time.sleep(0.01)
    inside = ["nsenter", "-t", str(keeper.pid), "-n"]
    length = {4: "24", 6: "64"}[family]
    run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far")
    run("ip", "link", "set", "far", "netns", str(keeper.pid))
    run("ip", "link", "set", "near", "mtu", str(NARROW), "up")
    run("ip", "address", "add", f"{ROUTER[family]}/{length}", "dev", "near", *(["nodad"] if family == 6 else []))
    run(*inside, "ip", "link", "set", "far", "up")
    run(*inside, "ip", "address", "add", f"{FAR[family]}/{length}", "dev", "far", *(["nodad"] if family == 6 else []))
    run(*inside, "ip", f"-{family}", "route", "add", "default", "via", ROUTER[family])
    forwarding = {4: "/proc/sys/net/ipv4/ip_forward", 6: "/proc/sys/net/ipv6/conf/all/forwarding"}[family]
    with open(forwarding, "w", encoding="ascii") as file:
        file.write("1")
    return inside


def silence(family):
    """A firewall that lets no ICMP error of the router out."""
    protocol, ours = {4: ("icmp", "10.9.0.2/32"), 6: ("ipv6-icmp", "fd00::2/128")}[family]
    run("ip", f"-{family}", "rule", "add", "pref", "1", "ipproto", protocol, "to", ours, "blackhole")


def clear(family):
    subprocess.run(["ip", "link", "delete", "near"], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["ip", f"-{family}", "rule", "delete", "pref", "1"], check=False, stderr=subprocess.DEVNULL)


def send_through(world, family, count, filtered):
    inside = far_host(family)
    if filtered:
        silence(family)
    data = octets(count, 7)
    with open(world.path("input"), "wb") as file:
        file.write(data)
    server = start(inside + [sys.executable, "-c", SERVER, str(family), FAR[family]], stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline() == "listening\n"
    world.link = WIDE_LINK
    begun = time.monotonic()
    with open(world.path("input"), "rb") as source:
        ours = Program([world.fourtuple, "connect", *world.link, *world.impair, FAR[family], "9000"], stdin=source)
    heard = server.stdout.readline().split()
    ours.ends(0)
    server.wait(PATIENCE)
    took = time.monotonic() - begun
    assert heard == [str(count), digest(data)], f"the far host read {heard[:1]} of {count} octets, or other ones"
    clear(family)
    print(f"  {count} octets over a link of {NARROW} in {took:.2f} s")
    return took


def packet_too_big(world, family):
    assert send_through(world, family, 4 << 20, filtered=False) < 20


def black_hole(world, family):
    assert send_through(world, family, 4 << 20, filtered=True) < 40


CASES = {"packet-too-big": packet_too_big, "black-hole": black_hole}
