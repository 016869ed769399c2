"""`fourtuple capture` beside curl and nginx, on the loopback and on a pair of virtual Ethernet devices; run as live.py FOURTUPLE.

Status 77: this machine cannot run it, the reason is printed."""
import json
import os
import subprocess
import sys
import tempfile
import time

from world import PATIENCE, Program, enter_namespace, need, start

NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
  scgi_temp_path {folder};
  server {{ listen 8080; listen [::]:8080; root {folder}; }} }}
"""


def shell(*words):
    subprocess.run(words, check=True)


def tshark(path, *words):
    return subprocess.run([need("tshark", "tshark"), "-n", "-r", path, *words], capture_output=True, text=True, check=True,
                          timeout=PATIENCE).stdout.splitlines()


class Place:
    """nginx, and what captures its packets."""

    def __init__(self, fourtuple, folder):
        self.fourtuple, self.folder = fourtuple, folder
        with open(f"{folder}/hello", "wb") as file:
            file.write(b"x" * 100_000)
        with open(f"{folder}/conf", "w", encoding="utf-8") as file:
            file.write(NGINX.format(folder=folder))
        self.nginx = start([need("nginx", "nginx-light"), "-c", f"{folder}/conf"], stderr=subprocess.DEVNULL)
        for _ in range(500):
            if subprocess.run(["curl", "-s", "-o", "/dev/null", "http://127.0.0.1:8080/hello"], check=False).returncode == 0:
                return
            time.sleep(0.01)
        raise AssertionError("nginx does not answer")

    def capture(self, *words):
        return Program([self.fourtuple, "capture", *words], ready=b"Ctrl-C ends it")

    def fetch(self, url, *words):
        done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{size_download}", *words, url], capture_output=True, text=True,
                              timeout=PATIENCE, check=True)
        assert done.stdout == "100000", done.stdout


def until_close(place):
    path = f"{place.folder}/close.pcapng"
    running = place.capture("-i", "lo", "tcp port 8080", "--until", "close", "-w", path, "--lang", "en", "--unicode")
    place.fetch("http://127.0.0.1:8080/hello")
    running.ends(0)
    ladder = running.output.read().decode()
    for word in ("SYN  seq 0", "SYN, ACK  seq 0  ack 1", "(ESTABLISHED)", "FIN, ACK", "more: "):
        assert word in ladder, (word, ladder)
    flags = tshark(path, "-T", "fields", "-e", "tcp.flags")
    assert flags[:3] == ["0x0002", "0x0012", "0x0010"] and sum(int(f, 0) & 1 for f in flags) == 2, flags
    assert tshark(path, "-T", "fields", "-e", "frame.interface_name")[0] == "lo"
    print("  until close:", len(flags), "packets")


def interrupted(place):
    """Ctrl-C leaves a file that others read to its end."""
    path = f"{place.folder}/interrupted.pcapng"
    running = place.capture("-i", "any", "tcp port 8080", "-q", "-w", path)
    place.fetch("http://[::1]:8080/hello")
    time.sleep(0.5)
    running.interrupt()
    running.ends(0)
    said = running.diagnostics.decode()
    assert "none dropped" in said, said
    rows = tshark(path, "-T", "fields", "-e", "tcp.flags", "-e", "sll.ifindex", "-e", "ipv6.src")
    assert len(rows) > 8 and all("::1" in row for row in rows), rows
    text = subprocess.run([need("capinfos", "tshark"), path], capture_output=True, text=True, check=False)
    assert text.returncode == 0, text.stderr
    print("  any, interrupted:", len(rows), "packets")


def handshake_on_veth(place):
    """The client is in a namespace of its own, at the other end of a cable."""
    child = start(["unshare", "-n", "sleep", str(PATIENCE)])
    time.sleep(0.2)
    shell("ip", "link", "add", "ft-a", "type", "veth", "peer", "name", "ft-b", "netns", str(child.pid))
    shell("ip", "address", "add", "10.8.0.1/24", "dev", "ft-a")
    shell("ip", "link", "set", "ft-a", "up")
    inside = ["nsenter", "-t", str(child.pid), "-n"]
    shell(*inside, "ip", "address", "add", "10.8.0.2/24", "dev", "ft-b")
    shell(*inside, "ip", "link", "set", "ft-b", "up")
    path = f"{place.folder}/veth.pcapng"
    running = place.capture("-i", "ft-a", "tcp", "--until", "handshake", "-w", path)
    done = subprocess.run([*inside, "curl", "-s", "-o", "/dev/null", "http://10.8.0.1:8080/hello"], timeout=PATIENCE, check=False)
    assert done.returncode == 0
    running.ends(0)
    rows = tshark(path, "-T", "fields", "-e", "ip.src", "-e", "tcp.flags")
    assert rows == ["10.8.0.2\t0x0002", "10.8.0.1\t0x0012", "10.8.0.2\t0x0010"], rows
    direction = tshark(path, "-T", "fields", "-e", "frame.packet_flags_direction")
    assert [int(d, 0) for d in direction] == [1, 2, 1], direction
    child.kill()
    print("  handshake on a veth: 3 packets")


def ring_and_count(place):
    path = f"{place.folder}/ring.pcapng"
    running = place.capture("-i", "lo", "tcp port 8080", "-q", "-w", path, "--ring", "3x64KiB")
    for _ in range(5):
        place.fetch("http://127.0.0.1:8080/hello")
    time.sleep(0.5)
    running.interrupt()
    running.ends(0)
    files = sorted(name for name in os.listdir(place.folder) if name.startswith("ring_"))
    assert len(files) == 3 and files[0] != "ring_00001.pcapng", files
    for name in files:
        assert os.path.getsize(f"{place.folder}/{name}") <= 2 * 65536
        assert tshark(f"{place.folder}/{name}")
    running = place.capture("-i", "lo", "tcp port 8080", "-q", "-c", "4", "-w", path)
    place.fetch("http://127.0.0.1:8080/hello")
    running.ends(0)
    assert len(tshark(path)) == 4
    running = place.capture("-i", "lo", "tcp port 8080", "-Y", "tcp.flags.fin == 1", "--until", "close", "--ascii", "--lang", "en")
    place.fetch("http://127.0.0.1:8080/hello")
    time.sleep(0.5)
    running.interrupt()
    running.ends(0)
    ladder = running.output.read().decode()
    assert ladder.count("FIN, ") >= 2 and "SYN" not in ladder.split("|", 1)[1].split("FIN, ")[0], ladder
    running = place.capture("-i", "lo", "-q", "--seconds", "0.3")
    running.ends(0)
    print("  ring, count, seconds:", files)


def through_a_pipe(place):
    """-w - into somebody else's reader."""
    running = subprocess.Popen(f"{place.fourtuple} capture -i lo 'tcp port 8080' --until handshake -w - | tshark -n -r - -T fields -e tcp.flags",
                               shell=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    time.sleep(1)
    place.fetch("http://127.0.0.1:8080/hello")
    output, _ = running.communicate(timeout=PATIENCE)
    assert output.split() == ["0x0002", "0x0012", "0x0010"], output
    print("  through a pipe: 3 packets")


def two_places(place):
    """Client, router with delay and loss, server: captures at both ends, and what happened between them."""
    client, router = (start(["unshare", "-n", "sleep", str(PATIENCE)]) for _ in range(2))
    time.sleep(0.2)
    at_client, at_router = (["nsenter", "-t", str(child.pid), "-n"] for child in (client, router))
    shell("ip", "link", "add", "ft-s", "type", "veth", "peer", "name", "r-s", "netns", str(router.pid))
    shell(*at_router, "ip", "link", "add", "r-c", "type", "veth", "peer", "name", "ft-c", "netns", str(client.pid))
    for where, device, address in (([], "ft-s", "10.7.1.1/24"), (at_router, "r-s", "10.7.1.254/24"), (at_router, "r-c", "10.7.2.254/24"),
                                   (at_client, "ft-c", "10.7.2.1/24")):
        shell(*where, "ip", "address", "add", address, "dev", device)
        shell(*where, "ip", "link", "set", device, "up")
    shell("ip", "route", "add", "10.7.2.0/24", "via", "10.7.1.254")
    shell(*at_client, "ip", "route", "add", "10.7.1.0/24", "via", "10.7.2.254")
    shell(*at_router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    for device, loss in (("r-s", []), ("r-c", ["loss", "20%"])):
        done = subprocess.run([*at_router, "tc", "qdisc", "add", "dev", device, "root", "netem", "delay", "10ms", *loss],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print("  two places: not here, netem is not to be had:", done.stderr.strip())
            return
    near, far = f"{place.folder}/client.pcapng", f"{place.folder}/server.pcapng"
    captures = [Program([*at_client, place.fourtuple, "capture", "-i", "ft-c", "tcp", "-q", "-w", near], ready=b"Ctrl-C ends it"),
                place.capture("-i", "ft-s", "tcp", "-q", "-w", far)]
    done = subprocess.run([*at_client, "curl", "-s", "-o", "/dev/null", "http://10.7.1.1:8080/hello"], timeout=PATIENCE, check=False)
    assert done.returncode == 0
    time.sleep(0.5)
    for capture in captures:
        capture.interrupt()
        capture.ends(0)
    told = subprocess.run([place.fourtuple, "explain", "--json", near, "--with", far], capture_output=True, text=True, check=True).stdout
    compared = json.loads(told)["comparison"]
    there, back = compared["connections"][0]["ways"]
    ids = [{*tshark(path, "-Y", "ip.src == 10.7.1.1", "-T", "fields", "-e", "ip.id", "-e", "tcp.seq")} for path in (near, far)]
    assert back["lost"] == len(ids[1] - ids[0]) and there["lost"] == 0, (back, ids)
    assert compared["first_is_nearer_opener"] and compared["clocks_known"]
    assert 0.0199 < compared["rtt"] < 0.1 and abs(compared["offset"]) < 0.04, compared
    assert there["hops"] == 1 and back["hops"] == 1, (there["hops"], back["hops"])
    for child in (client, router):
        child.kill()
    print(f"  two places: {back['lost']} of {back['sent']} lost on the way back, rtt {compared['rtt'] * 1000:.1f} ms")


def main():
    enter_namespace()
    need("curl", "curl")
    with tempfile.TemporaryDirectory() as folder:
        place = Place(sys.argv[1], folder)
        try:
            for case in (until_close, interrupted, handshake_on_veth, ring_and_count, through_a_pipe, two_places):
                case(place)
        finally:
            place.nginx.terminate()
            place.nginx.wait()


if __name__ == "__main__":
    main()
