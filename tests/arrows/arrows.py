"""arrows.py ROOT: reads every #include of include/, src/ and examples/ and fails on an arrow that the house does not allow.

The rooms, and who may include whom, are the table ALLOWED below: the law of ARCHITECTURE.md in one place. Pure rooms may
besides not name a clock, entropy, a thread, a lock or the system.
"""
import pathlib
import re
import sys

BELOW_STACK = {"base", "wire", "trace", "tcp", "net"}
# room -> the rooms that it may include (itself always).
ALLOWED = {
    "base": set(),
    "wire": {"base"},
    "pcap": {"base", "wire"},
    "trace": {"base", "wire"},
    "tcp": {"base", "wire"},
    "net": {"base", "wire"},
    "stack": BELOW_STACK,
    "sim": {"base", "wire", "trace", "pcap", "stack", "tcp"},
    "io": {"base", "wire", "trace", "pcap", "stack"},
    "sockets": {"base", "wire", "trace", "stack", "sim", "io"},
    "analysis": {"base", "wire", "pcap", "trace"},
    "cli": {"base", "wire", "pcap", "trace", "stack", "sim", "io", "sockets", "analysis"},
}
PURE = {"base", "wire", "pcap", "trace", "tcp", "net", "stack", "sim", "analysis"}
# The front door: each public header belongs to a room.
PUBLIC = {
    "time": "base", "address": "base", "error": "base", "config": "base",
    "congestion": "base", "info": "base", "particular": "base",
    "trace": "trace", "trace_json": "trace", "stack": "stack", "socket": "sockets", "blocking": "sockets", "link": "io", "sim": "sim",
    "posix": "sockets", "authentication": "base", "openssl_mac": "sockets", "impair": "sockets",
}
# Libraries by the beginning of their include path -> the rooms that may use them; every other angle include is the standard's.
LIBRARIES = {
    "boost/unordered/": PURE | {"io", "sockets", "cli"},
    "boost/": {"io", "sockets", "cli"},
    "fmt/": {"cli", "analysis", "io", "sockets", "sim"},
    "toml++/": {"sim", "cli"},
    "nlohmann/": {"cli", "analysis"},
    "CLI/": {"cli"},
    "openssl/": {"sockets"},
    "zlib.h": {"io"},
    "zstd.h": {"io"},
    "pcap.h": {"io"},
}
# Headers that no pure room includes: the system's, and the standard's that stand for it.
SYSTEM = re.compile(
    r"^(sys/.*|linux/.*|net/.*|netinet/.*|arpa/.*|asm/.*|unistd\.h|fcntl\.h|poll\.h|signal\.h|csignal|pthread\.h|sched\.h|"
    r"time\.h|ctime|errno\.h|cerrno|stdio\.h|cstdio|print|iostream|fstream|filesystem|thread|mutex|shared_mutex|"
    r"condition_variable|future|stop_token|semaphore|barrier|latch|random)$")
# (file, header) pairs that are right all the same, and why.
EXCEPTIONS = {
    ("src/base/assert.cpp", "cstdio"),  # the last words before abort()
}
# Words that reach the system without a telling header.
WORDS = re.compile(r"_clock::now|\brandom_device\b|\bgetenv\b|\bthread_local\b|\bstd::(rand|time|clock)\s*\(|\bthrow\b|\bdynamic_cast\b|\btypeid\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def strip(line):
    """A line without its // comment and string literals."""
    return re.sub(r"//.*", "", re.sub(r'"(\\.|[^"\\])*"', '""', line))


def room_of(path):
    """The room that a file (path relative to the root) belongs to; None: none."""
    parts = pathlib.PurePosixPath(path).parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[0] == "include":
        return PUBLIC.get(pathlib.PurePosixPath(path).stem)
    return None


def target_room(include):
    """The room of an include path in quotes or of a public header."""
    parts = include.split("/")
    if parts[0] == "fourtuple":
        return PUBLIC.get(parts[-1].removesuffix(".hpp")), "a public header that no room owns (add it to PUBLIC)"
    return (parts[0] if parts[0] in ALLOWED and len(parts) > 1 else None), "not written from src/ on, as in \"wire/tcp.hpp\""


def check_include(path, room, kind, include):
    """What is wrong with one include, or None."""
    if kind == '"' or include.startswith("fourtuple/"):
        target, complaint = target_room(include)
        if target is None:
            return f'"{include}" is {complaint}'
        if target != room and target not in ALLOWED[room]:
            return f'{room} may not include "{include}": {target} is not below it'
        return None
    for prefix, rooms in LIBRARIES.items():
        if include.startswith(prefix):
            return None if room in rooms else f"{room} may not use <{include}>"
    if room in PURE and SYSTEM.match(include) and (path, include) not in EXCEPTIONS:
        return f"{room} is pure and may not include <{include}>"
    return None


def check_file(root, path):
    room = room_of(path)
    if room not in ALLOWED:
        return [f"{path}: belongs to no room"]
    problems = []
    for number, line in enumerate((root / path).read_text(encoding="utf-8").splitlines(), 1):
        found = INCLUDE.match(line)
        wrong = check_include(path, room, *found.groups()) if found else None
        if wrong is None and room in PURE and not found:
            word = WORDS.search(strip(line))
            wrong = f"{room} is pure and may not say {word.group()}" if word else None
        if wrong:
            problems.append(f"{path}:{number}: {wrong}")
    return problems


def check_example(root, path):
    """Examples go through the front door only."""
    return [f'{path}:{number}: an example may not include "{found.group(2)}": only fourtuple/*.hpp'
            for number, line in enumerate((root / path).read_text(encoding="utf-8").splitlines(), 1)
            if (found := INCLUDE.match(line)) and found.group(1) == '"' and not found.group(2).startswith("fourtuple/")]


def files(root, folder):
    return sorted(str(path.relative_to(root)) for path in (root / folder).rglob("*") if path.suffix in (".hpp", ".cpp"))


def check_cmake(root):
    """Each room's CMake target links what the table allows, so that the two cannot drift apart."""
    text = (root / "cmake/rooms.cmake").read_text(encoding="utf-8")
    problems = []
    seen = {}
    for name, rest in re.findall(r"^\s*ft_room\((\w+)([^)]*)\)", text, re.M):
        words = re.sub(r"\b(EXTRA|LIBS)\b.*", "", rest).split()
        seen[name] = ("PURE" in words, {word for word in words if word not in ("PURE", "USES")})
    for room, allowed in ALLOWED.items():
        if room not in seen:
            problems.append(f"cmake/rooms.cmake: the room {room} is missing")
        elif seen[room] != (room in PURE, allowed):
            problems.append(f"cmake/rooms.cmake: {room} differs from the table: {sorted(seen[room][1] ^ allowed) or 'PURE'}")
    return problems


def check_tree(root):
    root = pathlib.Path(root)
    problems = []
    for path in files(root, "include") + files(root, "src"):
        problems += check_file(root, path)
    for path in files(root, "examples"):
        problems += check_example(root, path)
    if (root / "cmake/rooms.cmake").exists():
        problems += check_cmake(root)
    return problems


if __name__ == "__main__":
    found = check_tree(sys.argv[1])
    print("\n".join(found) or "every include follows an allowed arrow")
    sys.exit(1 if found else 0)
