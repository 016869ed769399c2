"""tshark judges what `--pcap` writes: handshake, teardown, checksums, nothing malformed."""

import collections
import socket
import subprocess

from world import PATIENCE, need, octets, read_all

CHECKED = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o", "tcp.relative_sequence_numbers:TRUE"]
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
KNOWN = 0x3F  # AE, CWR and ECE are ecn.py's business
COMPLETE = 31  # SYN 1, SYN-ACK 2, ACK 4, data 8, FIN 16

Row = collections.namedtuple("Row", "flags seq ack len srcport completeness stream")


def ask_tshark(path, *words):
    command = [need("tshark", "tshark"), "-2", "-n", "-r", path, *CHECKED, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def without_repeats(rows):
    """On a busy machine an answer can come late enough for a SYN or a FIN to be sent again: that is no fault of anyone."""
    seen, once = set(), []
    for row in rows:
        controls = row.flags & (SYN | FIN)
        key = (row.srcport, controls, row.seq + row.len)
        if not controls or key not in seen:
            once.append(row)
        seen.add(key)
    return once


def judge(path, ends):
    bad = ask_tshark(path, "-Y", "_ws.malformed || tcp.checksum.status != 1 || (ip && ip.checksum.status != 1) || "
                                 "_ws.expert.severity >= 8388608")
    assert not bad, bad  # 8388608 is an error; warnings are for what TCP repairs
    words = ["-Y", "tcp", "-T", "fields", *(word for field in Row._fields for word in ("-e", "tcp." + field))]
    rows = [Row(*(int(field, 0) for field in line.split("\t"))) for line in ask_tshark(path, *words)]
    assert {row.stream for row in rows} == {0}, "one connection was expected"
    once = without_repeats(rows)
    assert [(row.flags & KNOWN, row.seq, row.ack) for row in once[:3]] == [(SYN, 0, 0), (SYN | ACK, 0, 1), (ACK, 1, 1)], once[:3]
    if ends == "fin":
        assert rows[-1].completeness == COMPLETE, rows[-1]
        fins = [row for row in once if row.flags & FIN]
        assert len({row.srcport for row in fins}) == len(fins) == 2, f"a FIN from each side was expected: {fins}"
        assert not any(row.flags & RST for row in rows), "a RST where none belongs"
        for fin in fins:
            assert any(row.srcport != fin.srcport and row.ack == fin.seq + fin.len + 1 for row in rows), f"{fin} has no ACK"
        assert rows[-1].flags & KNOWN == ACK, "the last segment is the ACK of the second FIN"
    else:
        assert rows[-1].flags & RST, "the last segment is a RST"
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
