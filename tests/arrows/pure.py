"""pure.py ROOM=LIBRARY...: looks into the compiled pure rooms: no state of their own, nothing asked of the system.

The include check reads what is written; this one sees what is left after the compiler: variables outside any object
(.data, .bss and their thread-local kin) and calls to the clock, to entropy, to threads, to sockets.
"""
import re
import subprocess
import sys

# Not .data.rel*: g++ puts constants that hold addresses there.
STATE = re.compile(r"\s(\.data(?!\.rel)\S*|\.bss\S*|\.tdata\S*|\.tbss\S*)\s+([0-9a-f]+)\s+(.+)$")
# What <system_error> demands: one object for each category of error codes; it holds nothing but its table of functions.
ALLOWED = re.compile(r"^(guard variable for )?ft::error_category\(\)::category$")
SYSTEM = re.compile(
    r"^(clock_gettime|gettimeofday|time|getrandom|getentropy|rand|random|arc4random|open|openat|read|write|socket|send|recv|"
    r"poll|select|epoll_\w+|ioctl|nanosleep|usleep|getenv|pthread_mutex_lock|pthread_create|__cxa_throw|"
    r"std::chrono::.*::now\(\)|std::random_device.*|std::thread.*|std::mutex.*)(@.*)?$")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def state_symbols(listing):
    """Variables in objdump -tC's listing; string constants and the sections themselves are none."""
    for line in listing.splitlines():
        found = STATE.search(line)
        if found and int(found.group(2), 16) > 0 and " O " in line:
            name = found.group(3).removeprefix(".hidden ")
            if not ALLOWED.match(name):
                yield name


def system_symbols(listing):
    """Undefined symbols in nm -uC's listing that belong to the system."""
    for line in listing.splitlines():
        name = line.strip().removeprefix("U ").removeprefix("w ").strip()
        if SYSTEM.match(name):
            yield name


def main():
    problems = []
    for argument in sys.argv[1:]:
        room, library = argument.split("=", 1)
        problems += [f"{room}: state outside any object: {name}" for name in state_symbols(run("objdump", "-tC", library))]
        problems += [f"{room}: asks the system: {name}" for name in sorted(set(system_symbols(run("nm", "-uC", library))))]
    print("\n".join(problems) or f"{len(sys.argv) - 1} rooms are pure")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
