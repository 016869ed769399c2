"""What a good analyser finds in the simulator's stories: those of scenarios/ at the root, and those of scenarios/ beside this file.

name -> (ids at the client's end, ids at the server's end); None: that end's capture is not judged, as it cannot tell; an empty list:
nothing that deserves a warning.
"""

HEALTHY = ("data", "four-way-close", "handshake", "many-clients-one-port", "three-segment-close", "syn-cookies", "healthy-bulk",
           "healthy-answer")

FINDS = {
    "backlog-full": (None, ["listen-queue-overflow"]),  # from the client it looks as if a SYN was lost
    "blind-reset": (None, ["blind-reset-attempt"]),
    "burst-loss": (["loss-fast-recovery"], None),
    "client-thinks": (["client-think-time"], ["client-think-time"]),
    "damaged": (None, ["checksum-corruption"]),
    "deep-queue": (["bufferbloat"], None),
    "disorder": (None, ["reordering"]),
    "disorder-and-loss": (["loss-random"], ["reordering"]),
    "doubled": (["network-duplicates"], ["network-duplicates"]),
    "drips": (["application-limited"], ["application-limited"]),
    "ecn": (["ecn-congestion"], ["ecn-congestion"]),
    "ecn-fallback": (["syn-retransmitted-then-ok"], None),
    "far-away": (["high-rtt"], None),
    "fast-open": (["tfo"], ["tfo"]),
    "filtered": (["syn-unanswered"], None),
    "forged-reset": (None, ["rst-injected"]),  # the client hears RST in answer to what it goes on sending
    "half-close": (["half-close"], ["half-close"]),
    "half-open": (["half-open-peer-forgot"], ["half-open-peer-forgot"]),
    "idle-forgotten": (["idle-timeout"], None),
    "keepalive": (["keepalive-unanswered"], None),
    "leak": (["half-closed-not-finished"], ["half-closed-not-finished"]),
    "lost-ack": (["handshake-ack-lost"], ["handshake-ack-lost"]),
    "lost-data": (["loss-fast-recovery"], ["loss-fast-recovery"]),
    "lost-fin": (["fin-retransmitted"], None),
    "lost-syn": (["syn-retransmitted-then-ok"], None),
    "lost-syn-ack": (["syn-retransmitted-then-ok"], ["synack-lost"]),
    "never-reads": (["zero-window-stalled"], ["zero-window-stalled"]),
    "outage": (["path-outage"], None),
    "short-outage": (["path-outage"], None),
    "packet-too-big": (["pmtud"], None),
    "path-dies": (["rto-backoff"], None),
    "pmtu-black-hole": (["mtu-probing-recovered"], None),
    "port-reuse": (["port-reuse"], ["port-reuse"]),
    "random-loss": (["loss-random"], None),
    "refused": (["port-closed"], ["port-closed"]),
    "reordering": (None, ["reordering"]),
    "repair-lost": (["lost-retransmission"], None),
    "reset": (["rst-abortive-close"], ["rst-abortive-close"]),
    "server-thinks": (["server-think-time"], ["server-think-time"]),
    "simultaneous-close": (["simultaneous-close"], ["simultaneous-close"]),
    "simultaneous-open": (["simultaneous-open"], ["simultaneous-open"]),
    "slow-reader": (["zero-window-recovered"], ["zero-window-recovered"]),
    "small-window": (["receive-window-limited"], None),
    "tail-loss": (["tail-loss"], None),
    "two-writes": (["nagle-delayed-ack"], ["nagle-delayed-ack"]),
    "unread-data-reset": (["rst-unread-data"], ["rst-unread-data"]),
    "very-late": (["spurious-retransmission"], None),
    "wrap": (["seq-wrap", "loss-fast-recovery"], ["seq-wrap"]),
    "zero-window": (["zero-window-recovered"], ["zero-window-recovered"]),
}

# Right as well: what also happened, or what the same packets may be called.
MAY = {}

# The seed of these stories gives the right initial sequence number over IPv4 only.
IPV4_ONLY = ("wrap",)


def description(name):
    """Of the recording sim-NAME or sim-NAME-v6."""
    story = name.removeprefix("sim-").removesuffix("-v6")
    at_client, at_server = FINDS.get(story, (None, None))
    if story in IPV4_ONLY and name.endswith("-v6"):
        at_client = at_server = None
    finds = {end: ids for end, ids in (("client", at_client), ("server", at_server)) if ids is not None}
    return {"finds": finds, "may": list(MAY.get(story, ())), "healthy": story in HEALTHY, "judged": sorted(finds)}
