"""`fourtuple capture` beside curl and nginx, on the loopback and on a pair of virtual Ethernet devices; run as live.py FOURTUPLE.

Status 77: this machine cannot run it, the reason is printed."""
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
    rows = [line.split("\t") for line in tshark(path, "-T", "fields", "-e", "tcp.flags", "-e", "tcp.srcport")]
    flags = [row[0] for row in rows]
    assert flags[:3] == ["0x0002", "0x0012", "0x0010"], flags
    assert len({port for flag, port in rows if int(flag, 0) & 1}) == 2, f"a FIN from each side was expected: {rows}"
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


def main():
    enter_namespace()
    need("curl", "curl")
    with tempfile.TemporaryDirectory() as folder:
        place = Place(sys.argv[1], folder)
        try:
            for case in (until_close, interrupted, handshake_on_veth, ring_and_count, through_a_pipe):
                case(place)
        finally:
            place.nginx.terminate()
            place.nginx.wait()


if __name__ == "__main__":
    main()
