"""A network namespace for one test, our program in it, and the kernel at the other end of a TUN device.

Exit status 77 means that this machine cannot run the test; the reason is printed.
"""

import asyncio
import ctypes
import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback

import covers

SKIP = 77
INSIDE = "FOURTUPLE_INTEROP_INSIDE"
OURS = {4: "10.9.0.2", 6: "fd00::2"}
KERNEL = {4: "10.9.0.1", 6: "fd00::1"}
LINK = ["--link", "tun:ft0,10.9.0.2/24,10.9.0.1", "--address", "fd00::2/64,fd00::1"]
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
PATIENCE = 50  # seconds for any one step


def skip(reason):
    print("cannot run here:", reason)
    covers.ended("skipped")
    sys.exit(SKIP)


def enter_namespace():
    """Runs this very program again in a network namespace of its own, as root there."""
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        try:
            os.close(os.open("/dev/net/tun", os.O_RDWR))
        except OSError as error:
            skip(f"/dev/net/tun: {error.strerror}")
        return
    for how in (["unshare", "-n"], ["unshare", "-Urn"]):
        try:
            if subprocess.run(how + ["true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                os.execvpe(how[0], how + [sys.executable] + sys.argv, {**os.environ, INSIDE: "1"})
        except FileNotFoundError:
            skip("the program unshare is not installed (package util-linux)")
    skip("network namespaces are not to be had (neither as root nor with user namespaces)")


def need(program, package):
    for folder in os.environ.get("PATH", "").split(":") + ["/usr/sbin", "/sbin"]:
        if os.access(os.path.join(folder, program), os.X_OK):
            return os.path.join(folder, program)
    skip(f"{program} is not installed (package {package})")


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def start(command, **options):
    """A child that does not outlive this process, however this process ends."""
    return subprocess.Popen(command, preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL), **options)


class Program:
    """A program of ours with pipes or files at its ends. Its diagnostics are read all the time, so it never waits for us."""

    def __init__(self, command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, ready=None):
        self.process = start(command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)
        self.diagnostics = b""
        self.told = threading.Condition()
        self.reader = threading.Thread(target=self._read_diagnostics, daemon=True)
        self.reader.start()
        if ready is not None:
            self.wait_for(ready)

    def _read_diagnostics(self):
        for line in self.process.stderr:
            with self.told:
                self.diagnostics += line
                self.told.notify_all()
        with self.told:
            self.told.notify_all()

    def wait_for(self, words):
        with self.told:
            found = self.told.wait_for(
                lambda: words in self.diagnostics or not self.reader.is_alive() or self.process.poll() is not None, PATIENCE)
            assert found and words in self.diagnostics, f"expected {words!r} on stderr, got {self.diagnostics!r}"

    @property
    def input(self):
        return self.process.stdin

    @property
    def output(self):
        return self.process.stdout

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def ends(self, status=0, says=b""):
        """Waits for the end and holds it against what was expected."""
        got = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        assert got == status, f"exit status {got}, expected {status}; it said {self.diagnostics!r}"
        assert says in self.diagnostics, f"expected {says!r} on stderr, got {self.diagnostics!r}"


class World:
    """What a case is given: the paths of our programs, a folder of its own, and shorthands for both ends."""

    def __init__(self, fourtuple, peer, http_server, flood, impair):
        self.fourtuple, self.peer, self.http_server, self.flood = fourtuple, peer, http_server, flood
        self.folder = tempfile.TemporaryDirectory(prefix="fourtuple-interop-")
        self.impair = ["--impair", impair] if impair else []
        self.link = LINK

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def listen(self, port, *options, **ends):
        command = [self.fourtuple, "listen", *self.link, *self.impair, *options, str(port)]
        return Program(command, ready=b"listening", **ends)

    def connect(self, family, port, *options, **ends):
        return Program([self.fourtuple, "connect", *self.link, *self.impair, *options, KERNEL[family], str(port)], **ends)

    def kernel_listens(self, family, port, backlog=512):
        listener = socket.socket(FAMILY[family])
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.settimeout(PATIENCE)
        listener.bind(("::" if family == 6 else "0.0.0.0", port))
        listener.listen(backlog)
        return listener

    def kernel_connects(self, family, port):
        client = socket.socket(FAMILY[family])
        client.settimeout(PATIENCE)
        client.connect((OURS[family], port))
        return client

    def pairs(self, family, port, *options, **ends):
        """One connection in each direction: (our program, the kernel's socket, who opened it)."""
        ours = self.listen(port, *options, **ends)
        yield ours, self.kernel_connects(family, port), "the kernel"
        listener = self.kernel_listens(family, port + 1)
        ours = self.connect(family, port + 1, *options, **ends)
        theirs, _ = listener.accept()
        theirs.settimeout(PATIENCE)
        yield ours, theirs, "we"
        listener.close()


def octets(count, seed):
    return random.Random(seed).randbytes(count)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def read_all(connection):
    parts = []
    while part := connection.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def in_background(work, *arguments):
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread


def run(cases, arguments):
    """Runs the case of that name for each family given, in this namespace."""
    world = World(arguments.fourtuple, arguments.peer, arguments.http_server, arguments.flood, arguments.impair)
    status = 1
    try:
        for family in arguments.families:
            cases[arguments.case](world, family)
            print(f"passed: {arguments.case} over IPv{family}")
        status = 0
    except (AssertionError, OSError, EOFError, IndexError, ValueError, asyncio.TimeoutError, subprocess.SubprocessError):
        traceback.print_exc(file=sys.stdout)
        print(f"failed: {arguments.case} over IPv{family}")
    except SystemExit as end:  # skip()
        status = end.code
    finally:
        world.folder.cleanup()
    if status != SKIP:  # skip() said so itself
        covers.ended("failed" if status else "passed")
    # Threads and children may be in the middle of something; the namespace ends with this process and its children.
    sys.stdout.flush()
    os._exit(status)
