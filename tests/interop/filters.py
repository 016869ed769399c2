"""filters.py FOURTUPLE CAPTURES LIST: display filters let the same packets through here and in tshark, and what is an error there is one
here. The list has a capture's name in brackets and below it a filter a line. Answers 77 where there is no tshark.

Tshark starts slowly, so it is asked for all filters of a capture at once: a script gives each a listener of its own, which writes down
the frames that it hears."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

import many_protocols

SKIPPED = 77
LISTENERS = """
for number, filter in ipairs(filters) do
  local known, listener = pcall(Listener.new, "frame", filter)
  if known then
    local frames = {}
    function listener.packet(pinfo) frames[#frames + 1] = pinfo.number end
    function listener.draw() print(number, table.concat(frames, " ")) end
  else
    print(number, "wrong")
  end
end
"""


def read_list(text):
    """Capture -> its filters."""
    captures = {}
    for line in text.splitlines():
        if line.startswith("[") and line.endswith("]"):
            filters = captures.setdefault(line[1:-1], [])
        elif line.strip() and not line.startswith("# "):
            filters.append(line)
    return captures


def ask_tshark(tshark, path, filters, script):
    """For each filter the numbers of its frames; None when it is called wrong."""
    quoted = ",\n".join(f"  [==[{text}]==]" for text in filters)
    script.write_text(f"local filters = {{\n{quoted}\n}}\n{LISTENERS}", encoding="utf-8")
    # It prints a field as well: a tree that nobody is to see is put together with less care (lengths of protocols are missing).
    done = subprocess.run([tshark, "-n", "-2", "-T", "fields", "-e", "frame.number", "-X", f"lua_script:{script}", "-r", str(path)],
                          capture_output=True, text=True, errors="replace", check=False)
    answers = dict(line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line)
    if len(answers) != len(filters):
        sys.exit(f"tshark answered {len(answers)} of {len(filters)} filters on {path}:\n{done.stderr}")
    return [None if answers[str(i)] == "wrong" else [int(word) for word in answers[str(i)].split()]
            for i in range(1, len(filters) + 1)]


def ask_us(program, path, text):
    """The same of one filter, and what was said about it."""
    done = subprocess.run([program, "packets", str(path), "-Y", text, "-T", "fields", "-e", "frame.number"], capture_output=True,
                          text=True, errors="replace", check=False)
    if done.returncode != 0:
        return None, done.stderr
    return [int(word) for word in done.stdout.split()], done.stderr


def shown(frames):
    return "an error" if frames is None else f"{len(frames)} packets {frames[:12]}"


def main():
    program, captures, listing = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    tshark = shutil.which("tshark")
    if tshark is None:
        print("there is no tshark to compare with")
        return SKIPPED
    if "with Lua" not in " ".join(subprocess.run([tshark, "--version"], capture_output=True, text=True, check=False).stdout.split()):
        print("this tshark was built without Lua")
        return SKIPPED
    different = total = 0
    with tempfile.TemporaryDirectory() as folder:
        many = pathlib.Path(folder) / "many_protocols.pcapng"
        many_protocols.write(many)
        for capture, filters in read_list(listing.read_text(encoding="utf-8")).items():
            path = many if capture == "many_protocols" else captures / capture
            answers = ask_tshark(tshark, path, filters, pathlib.Path(folder) / "filters.lua")
            for text, theirs in zip(filters, answers):
                total += 1
                ours, said = ask_us(program, path, text)
                if ours == theirs:
                    continue
                different += 1
                print(f"{capture}: {text}\n  tshark: {shown(theirs)}\n  ours: {shown(ours)}")
                if ours is None:
                    print("  " + said.replace("\n", "\n  "))
    print(f"{total} filters, {different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
