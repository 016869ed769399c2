"""Two hosts of this kernel, each in a network namespace of its own behind a TAP device, and between the devices this process: it
carries every frame, does to it what the path says, records both ends and keeps a journal of all that it decided.

A path is a function `path(wire, packet)`: called for each TCP or ICMP packet that a host has sent, it returns a list of what becomes of
it, deliveries `Deliver(...)` and losses `Lost(...)`; whatever else it wants to put on the wire (an ICMP error, a forged RST) goes
through `wire.inject`. All its randomness comes from `wire.random`.
"""

import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import signal
import struct
import subprocess
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field

import packets

CLIENT, SERVER = "client", "server"
OTHER = {CLIENT: SERVER, SERVER: CLIENT}
ADDRESS = {CLIENT: {4: "10.9.0.1", 6: "fd00::1"}, SERVER: {4: "10.9.0.2", 6: "fd00::2"}}
ROUTER = {4: "10.9.0.254", 6: "fd00::fe"}
MAC = {CLIENT: "02:00:00:00:09:01", SERVER: "02:00:00:00:09:02"}
SKIP = 77
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1
TUNSETIFF, TUNSETOFFLOAD, TUNSETVNETHDRSZ = 0x400454CA, 0x400454D0, 0x400454D8
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 2, 0x1000, 0x4000
OFFLOADS = 1 | 2 | 4  # checksum, TSO over IPv4, TSO over IPv6
MORE_ADDRESSES = [f"10.9.0.{n}" for n in range(3, 20)]  # of the client's host


@dataclass
class Deliver:
    after: float = 0.0  # seconds from now
    octets: bytes = None  # when the path altered them
    copy: bool = False  # a second one, that the path made
    corrupted: bool = False
    first_in_line: bool = False  # may not overtake nor be overtaken: everything with the same mark keeps its order


@dataclass
class Lost:
    why: str


@dataclass
class Packet:
    """A packet that a host has sent (or that was forged in its name), as the journal numbers it."""
    number: int
    sender: str
    at: int  # nanoseconds
    octets: bytes
    segment: packets.Segment = None
    injected: bool = False
    notes: dict = field(default_factory=dict)


def own_namespace():
    if LIBC.unshare(CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        print("cannot run here: network namespaces are not to be had:", os.strerror(error))
        sys.exit(SKIP)


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def write_setting(name, value):
    with open("/proc/sys/" + name.replace(".", "/"), "w", encoding="ascii") as file:
        file.write(str(value))


def make_device(host, settings, offloads, mtu):
    """In the namespace at hand: the device `lab0`, addresses, the peer as a neighbour that needs no asking."""
    run("ip", "link", "set", "lo", "up")
    for name, value in settings:
        write_setting(name, value)
    try:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        print(f"cannot run here: /dev/net/tun: {error.strerror}")
        sys.exit(SKIP)
    flags = IFF_TAP | IFF_NO_PI | (IFF_VNET_HDR if offloads else 0)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"lab0", flags))
    if offloads:
        fcntl.ioctl(device, TUNSETVNETHDRSZ, struct.pack("i", 10))
        fcntl.ioctl(device, TUNSETOFFLOAD, OFFLOADS)
    write_setting("net.ipv6.conf.lab0.accept_ra", 0)
    write_setting("net.ipv6.conf.lab0.router_solicitations", 0)
    write_setting("net.ipv6.conf.lab0.addr_gen_mode", 1)
    run("ip", "link", "set", "lab0", "address", MAC[host], "mtu", str(mtu), "up")
    run("ip", "address", "add", ADDRESS[host][4] + "/24", "dev", "lab0")
    run("ip", "address", "add", ADDRESS[host][6] + "/64", "dev", "lab0", "nodad")
    peer = OTHER[host]
    neighbours = [ADDRESS[peer][4], ADDRESS[peer][6], ROUTER[4], ROUTER[6]]
    if host == CLIENT:
        for address in MORE_ADDRESSES:
            run("ip", "address", "add", address + "/24", "dev", "lab0")
    else:
        neighbours += MORE_ADDRESSES
    for neighbour in neighbours:
        run("ip", "neighbour", "replace", neighbour, "lladdr", MAC[peer], "dev", "lab0", "nud", "permanent")
    return device


class Host:
    """A process in a host's namespace that plays the host's part of the story."""

    def __init__(self, name, part, begin, answers):
        self.name = name
        self.process = os.fork()
        if self.process == 0:
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
            status = 0
            try:
                os.close(begin[1])
                os.read(begin[0], 1)  # until the wire is there
                part()
            except (OSError, AssertionError, EOFError) as error:
                os.write(answers[1], f"{name}: {error!r}\n".encode())
                if not isinstance(error, OSError):
                    status = 1
            except BaseException:  # pylint: disable=broad-except
                traceback.print_exc()
                status = 1
            os._exit(status)


class Wire:
    """The path between both devices, and the recorder."""

    def __init__(self, folder, name, devices, path, seed, offloads=False, snap=262144, delay=0.0):
        self.path, self.devices, self.offloads, self.delay = path, devices, offloads, delay
        self.random = random.Random(seed)
        self.journal, self.frames = [], {CLIENT: [], SERVER: []}
        self.files = {end: packets.PcapFile(os.path.join(folder, f"{name}.{end}.pcap"), snap=snap) for end in devices}
        self.queue, self.order = [], 0
        self.state = {}  # a path keeps here what it must remember
        self.mirror = {}  # end -> function(frame, segment) -> another frame that the capture holds as well, or nothing
        self.last_due = {CLIENT: 0, SERVER: 0}
        self.begun = time.time_ns()
        self.done = False

    def now(self):
        """Seconds since the recording began."""
        return (time.time_ns() - self.begun) / 1e9

    def inject(self, towards, octets, after=0.0, why="injected", seen_by_sender=False):
        """Puts an IP packet on the wire that no host has sent; `seen_by_sender`: as if from beyond, never seen at the other end."""
        header = bytes.fromhex((MAC[towards] + MAC[OTHER[towards]]).replace(":", ""))
        frame = header + struct.pack("!H", packets.IPV6 if octets[0] >> 4 == 6 else packets.IPV4) + octets
        packet = self._note(OTHER[towards], frame, injected=True)
        packet.notes["why"] = why
        if seen_by_sender:
            self._record(packet.sender, time.time_ns(), packet, "sent", frame)
        self._schedule(packet, Deliver(after))

    def _note(self, sender, frame, injected=False):
        packet = Packet(len(self.journal) + 1, sender, time.time_ns(), frame, packets.segment_of(frame, packets.ETHERNET), injected)
        self.journal.append(packet)
        return packet

    def _record(self, end, at, packet, role, frame):
        self.frames[end].append((packet.number, role))
        self.files[end].add(at, frame)
        mirror = self.mirror.get(end)
        twin = mirror(frame, packet.segment) if mirror and packet.segment else None
        if twin is not None:
            self.frames[end].append((packet.number, "mirror"))
            self.files[end].add(at + self.random.randint(2_000, 30_000), twin)

    def _schedule(self, packet, delivery):
        self.order += 1
        due = time.time_ns() + int(delivery.after * 1e9)
        if delivery.first_in_line:
            due = max(due, self.last_due[packet.sender] + 1)
            self.last_due[packet.sender] = due
        heapq.heappush(self.queue, (due, self.order, packet, delivery))

    def _take(self, end):
        """All frames that a host has sent by now."""
        while True:
            try:
                data = os.read(self.devices[end], 70_000)
            except BlockingIOError:
                return
            kind = size = 0
            if self.offloads:
                _, kind, _, size, _, _ = struct.unpack_from("<BBHHHH", data)
                data = data[10:]
            self._sent(end, data, size if kind & 0x7F else 0)

    def _sent(self, end, frame, size):
        now = time.time_ns()
        segment = packets.segment_of(frame, packets.ETHERNET)
        ip = packets.ip_at(frame, packets.ETHERNET)
        if ip is None:
            return  # ARP and the like: the neighbours are known
        if self.offloads and segment is not None:
            # As captured at a host with offloads: the super-segment, its checksum not done yet. The card does the rest.
            whole = self._note(end, frame)
            self._record(end, now, whole, "sent", frame)
            pieces = packets.cut_super_segment(frame, segment, size or max(segment.length, 1))
            whole.notes["pieces"] = []
            for piece in pieces:
                packet = self._note(end, piece)
                whole.notes["pieces"].append(packet.number)
                self._decide(packet)
            return
        packet = self._note(end, frame)
        if segment is None and frame[ip] >> 4 == 6 and frame[ip + 6] != packets.ICMPV6:
            return  # multicast listener reports
        self._record(end, now, packet, "sent", frame)
        self._decide(packet)

    def _decide(self, packet):
        for fate in self.path(self, packet):
            if isinstance(fate, Lost):
                packet.notes["lost"] = fate.why
            else:
                if fate.corrupted:
                    packet.notes["corrupted"] = True
                self._schedule(packet, fate)

    def _deliver_due(self):
        while self.queue and self.queue[0][0] <= time.time_ns():
            _, _, packet, delivery = heapq.heappop(self.queue)
            end = OTHER[packet.sender]
            frame = delivery.octets or packet.octets
            self._record(end, time.time_ns(), packet, "copy" if delivery.copy else "received", frame)
            try:
                os.write(self.devices[end], (b"\0" * 10 if self.offloads else b"") + frame)
            except OSError:
                pass  # the host's queue is full: as any loss behind the recorder

    def run(self, is_over, quiet):
        """Until `is_over()` and nothing is under way any more for `quiet` seconds (0: at once)."""
        quiet_since = None
        poll = select.poll()
        for device in self.devices.values():
            poll.register(device, select.POLLIN)
        while True:
            wait = 20
            if self.queue:
                wait = max(0, min(wait, (self.queue[0][0] - time.time_ns()) / 1e6))
            busy = poll.poll(wait) if wait >= 1 else poll.poll(0)
            if not busy and 0 < wait < 1:
                time.sleep(wait / 1000)
            for end, device in self.devices.items():
                if any(ready == device for ready, _ in busy):
                    self._take(end)
            self._deliver_due()
            if not quiet and is_over():
                return
            if busy or self.queue or not is_over():
                quiet_since = None
            elif quiet_since is None:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > quiet:
                return

    def close(self):
        for file in self.files.values():
            file.close()

    def write_journal(self, path, story):
        notes = [{"id": p.number, "from": p.sender, **({"injected": True} if p.injected else {}), **p.notes} for p in self.journal]
        with open(path, "w", encoding="ascii") as file:
            json.dump({**story, "source": "kernel", "packets": notes, "frames": self.frames}, file, separators=(",", ":"))


def record(folder, story, limit=90):
    """Plays a story (stories.py) and leaves NAME.client.pcap, NAME.server.pcap and NAME.journal.json."""
    devices, hosts = {}, []
    answers, begin = os.pipe(), os.pipe()  # the begin: end of file for both at once
    # Gates for the parts: each may wait for what the other has told (stories.py: tell, hear).
    channels = {end: os.pipe() for end in (CLIENT, SERVER)}
    parts = {CLIENT: lambda: story.client(story, channels), SERVER: lambda: story.server(story, channels)}
    for end in (CLIENT, SERVER):
        own_namespace()
        settings = story.settings.get(end, []) + story.settings.get("both", [])
        devices[end] = make_device(end, settings, story.offloads, story.mtu.get(end, 1500))
        for command in story.commands.get(end, []):
            run(*command.split())
        hosts.append(Host(end, parts[end], begin, answers))
    wire = Wire(folder, story.name, devices, story.path, story.seed, story.offloads, story.snap)
    wire.mirror = story.mirror
    ended, living, statuses = threading.Event(), {host.process for host in hosts}, []

    def wait_for_hosts():
        for _ in hosts:
            process, status = os.wait()
            living.discard(process)
            statuses.append(status)
        ended.set()

    os.close(begin[1])
    threading.Thread(target=wait_for_hosts, daemon=True).start()
    begun = time.monotonic()

    def is_over():
        past = time.monotonic() - begun
        return past > limit or (past > story.until if story.until else ended.is_set())

    wire.run(is_over, 0 if story.until else story.quiet)
    came_to_an_end = ended.is_set() or bool(story.until)
    for process in list(living):
        os.kill(process, signal.SIGKILL)
    ended.wait(5)
    wire.close()
    wire.write_journal(os.path.join(folder, story.name + ".journal.json"), story.description())
    return came_to_an_end and (bool(story.until) or not any(statuses))
