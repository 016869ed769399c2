"""tshark judges what `--pcap` writes: handshake, teardown, checksums, nothing malformed."""

import socket
import subprocess

from world import PATIENCE, need, octets, read_all

CHECKED = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o", "tcp.relative_sequence_numbers:TRUE"]
COMPLETE = 31  # SYN 1, SYN-ACK 2, ACK 4, data 8, FIN 16


def ask_tshark(path, *words):
    command = [need("tshark", "tshark"), "-2", "-n", "-r", path, *CHECKED, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def judge(path, ends):
    bad = ask_tshark(path, "-Y", "_ws.malformed || tcp.checksum.status != 1 || (ip && ip.checksum.status != 1) || "
                                 "_ws.expert.severity >= 8388608")
    assert not bad, bad  # 8388608 is an error; warnings are for what TCP repairs
    fields = ["-Y", "tcp", "-T", "fields", "-e", "tcp.flags", "-e", "tcp.seq", "-e", "tcp.ack", "-e", "tcp.completeness", "-e", "tcp.stream"]
    rows = [[int(field, 0) for field in row.split("\t")] for row in ask_tshark(path, *fields)]
    for row in rows:
        row[0] &= 0x3F  # AE, CWR and ECE are ecn.py's business
    assert [row[:3] for row in rows[:3]] == [[0x02, 0, 0], [0x12, 0, 1], [0x10, 1, 1]], rows[:3]
    assert {row[4] for row in rows} == {0}, "one connection was expected"
    if ends == "fin":
        assert rows[-1][3] == COMPLETE, rows[-1]
        assert sum(row[0] & 1 for row in rows) == 2 and not any(row[0] & 4 for row in rows), "two FINs and no RST"
        assert rows[-1][0] == 0x10, "the last segment is the ACK of the second FIN"
    else:
        assert rows[-1][0] & 4, "the last segment is a RST"
    return len(rows)


def orderly(world, family):
    for ours, theirs, opener in world.pairs(family, 9000, "--pcap", world.path("capture")):
        text = octets(100_000, 5)
        theirs.sendall(text)
        theirs.shutdown(socket.SHUT_WR)
        assert ours.output.read() == text
        ours.input.write(text)
        ours.input.close()
        assert read_all(theirs) == text
        theirs.close()
        ours.ends(0)
        print(f"  opened by {opener}: tshark content with {judge(world.path('capture'), 'fin')} packets")


def aborted(world, family):
    for ours, theirs, opener in world.pairs(family, 9000, "--pcap", world.path("capture")):
        theirs.sendall(b"hello")
        assert ours.output.read(5) == b"hello"
        ours.interrupt()
        ours.ends(1)
        try:
            theirs.recv(1)
        except ConnectionResetError:
            pass
        print(f"  opened by {opener}: tshark content with {judge(world.path('capture'), 'rst')} packets")


CASES = {"orderly": orderly, "aborted": aborted}
