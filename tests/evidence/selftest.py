"""selftest.py: tools/coverage.py finds in small made-up trees what it is there to find, and nothing in a sound one."""
import pathlib
import subprocess
import sys
import tempfile

JUDGE = pathlib.Path(__file__).resolve().parents[2] / "tools/coverage.py"
SOUND = {
    "spec/rfc20.csv": "id,level,section,requirement\nMUST-1,MUST,1,be\nMUST-2,MUST NOT,1,be not\nSHLD-1,SHOULD,2,perhaps\n",
    "spec/exceptions.csv": "rfc,id,reason\nrfc20,MUST-2,nobody does\n",
    "src/tcp/a.cpp": "//= rfc20 MUST-1\nvoid be() {\n}\n",
    "tests/scripts/a.cpp": 'SCRIPT_CASE("it is") {\n  FT_COVERS("rfc20 MUST-1");\n}\n',
    "tests/interop/b.py": 'def perhaps(world):\n    covers("rfc20 SHLD-1")\n',
    "build/cases.cmake": "add_test([[scripts: it is]] [[program]] [[--test-case=it is]] --no-colors)\n",
    "build/log": "passed\t/x/tests/scripts/a.cpp\tit is\trfc20 MUST-1\npassed\ttests/interop/b.py\tperhaps\trfc20 SHLD-1\n",
}
RUN = ["--log", "build/log", "--cases", "build/cases.cmake"]
failures = []


def judged(name, changes, expected_status, expected_words="", arguments=(), write=True):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in {**SOUND, **changes}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        command = [sys.executable, str(JUDGE), "."]
        if write:
            subprocess.run([*command, "--write"], cwd=root, capture_output=True, check=False)
        done = subprocess.run([*command, *arguments], cwd=root, capture_output=True, text=True, check=False)
        if done.returncode != expected_status or expected_words not in done.stdout:
            failures.append(f"{name}: status {done.returncode}, {done.stdout}{done.stderr}")


def changed(path, old, new):
    assert old in SOUND[path], (path, old)
    return {path: SOUND[path].replace(old, new)}


judged("a sound tree", {}, 0)
judged("a sound tree, run", {}, 0, arguments=RUN)
judged("no table", {}, 1, "spec/COVERAGE.md is stale", write=False)
judged("unknown citation", changed("src/tcp/a.cpp", "MUST-1", "MUST-7"), 1, 'src/tcp/a.cpp: no register in spec/ has "rfc20 MUST-7"')
judged("unknown claim", changed("tests/scripts/a.cpp", "MUST-1", "MUST-7"), 1, 'tests/scripts/a.cpp:2: no register')
judged("a claim outside a test case", changed("tests/scripts/a.cpp", 'SCRIPT_CASE("it is")', "void it_is()"), 1, "stands in no test case")
judged("an unproven MUST", changed("spec/exceptions.csv", "rfc20,MUST-2,nobody does\n", ""), 1, "rfc20 MUST-2 (MUST NOT) has neither")
judged("an exception without a reason", changed("spec/exceptions.csv", "nobody does", ""), 1, "has no reason")
judged("an exception that is not needed", changed("spec/exceptions.csv", "MUST-2", "MUST-1"), 1, "is not needed")
judged("a requirement twice", changed("spec/rfc20.csv", "MUST-2,MUST NOT", "MUST-1,MUST NOT"), 1, "is there twice")
judged("a level that nobody knows", changed("spec/rfc20.csv", "MUST NOT", "OUGHT"), 1, "needs a level")
judged("a proof that failed", changed("build/log", "passed\t/x", "failed\t/x"), 1, "has no test that passed", RUN)
judged("a claim that was not reached", changed("build/log", "it is\trfc20 MUST-1", "it is"), 1, "passed without executing it", RUN)
judged("a partial run", changed("build/log", "passed\t/x/tests/scripts/a.cpp\tit is\trfc20 MUST-1\n", ""), 77, "partial: 1 of 1", RUN)
judged("a stale table, however little ran", changed("build/log", "passed\t/x/tests/scripts/a.cpp\tit is\trfc20 MUST-1\n", ""), 1, "is stale", RUN, write=False)
judged("a list that is not there", {}, 77, "partial", [*RUN, "build/none.cmake"])
KERNEL_ONLY = {**changed("tests/scripts/a.cpp", '  FT_COVERS("rfc20 MUST-1");\n', ""), **changed("tests/interop/b.py", "SHLD-1", "MUST-1")}
judged("interop skipped", {**KERNEL_ONLY, "build/log": "passed\ttests/scripts/a.cpp\tit is\nskipped\ttests/interop\t-\n"}, 0, "", RUN)
judged("interop failed", {**KERNEL_ONLY, "build/log": "passed\ttests/scripts/a.cpp\tit is\nfailed\ttests/interop\t-\n"}, 1, "no test", RUN)

print("\n".join(failures) or "the judge sees what it should")
sys.exit(1 if failures else 0)
