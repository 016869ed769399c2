"""The checks of this folder, tried on made-up trees: each must catch what it is there for, and let the rest pass."""
import pathlib
import tempfile
import unittest

import arrows
import docs
import pure
import tidy


def tree(files):
    folder = tempfile.TemporaryDirectory()
    for name, text in files.items():
        path = pathlib.Path(folder.name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


class Arrows(unittest.TestCase):
    def problems(self, files):
        with tree(files) as root:
            return arrows.check_tree(root)

    def test_allowed_includes_pass(self):
        self.assertEqual([], self.problems({
            "src/tcp/a.cpp": '#include "tcp/a.hpp"\n#include "wire/tcp.hpp"\n#include "fourtuple/time.hpp"\n#include <vector>\n',
            "src/io/tun.cpp": '#include "fourtuple/stack.hpp"\n#include <sys/socket.h>\n#include <thread>\n',
            "src/sim/world.cpp": '#include "pcap/writer.hpp"\n#include <toml++/toml.h>\n',
            "include/fourtuple/stack.hpp": '#include "fourtuple/trace.hpp"\n',
            "examples/serve.cpp": '#include "fourtuple/blocking.hpp"\n',
        }))

    def test_forbidden_arrows_are_caught(self):
        for path, include in [
            ("src/tcp/a.cpp", "net/engine.hpp"), ("src/net/a.cpp", "tcp/state.hpp"), ("src/wire/a.hpp", "fourtuple/stack.hpp"),
            ("src/analysis/a.cpp", "stack/ports.hpp"), ("src/analysis/a.cpp", "tcp/state.hpp"), ("src/sim/a.cpp", "io/tun.hpp"),
            ("src/io/a.cpp", "sim/world.hpp"), ("src/cli/a.cpp", "tcp/connection.hpp"), ("src/base/a.hpp", "fourtuple/trace.hpp"),
            ("include/fourtuple/time.hpp", "fourtuple/stack.hpp"), ("src/stack/a.cpp", "sim/world.hpp"),
            ("src/tcp/a.cpp", "segment.hpp"), ("src/tcp/a.cpp", "../wire/tcp.hpp"), ("src/tcp/a.cpp", "fourtuple/unknown.hpp"),
            ("examples/serve.cpp", "tcp/connection.hpp"),
        ]:
            with self.subTest(path=path, include=include):
                self.assertEqual(1, len(self.problems({path: f'#include "{include}"\n'})))

    def test_a_problem_names_file_and_line(self):
        self.assertEqual(['src/tcp/a.cpp:3: tcp may not include "net/engine.hpp": net is not below it'],
                         self.problems({"src/tcp/a.cpp": '// x\n\n#  include "net/engine.hpp"\n'}))

    def test_pure_rooms_may_not_reach_the_system(self):
        for line in ["#include <sys/socket.h>", "#include <unistd.h>", "#include <thread>", "#include <mutex>", "#include <iostream>",
                     "#include <random>", "auto t = std::chrono::steady_clock::now();", "std::random_device entropy;",
                     "thread_local int x;", "throw 1;", "#include <boost/asio.hpp>", "#include <CLI/CLI.hpp>"]:
            for room in ["stack", "sim", "analysis"]:
                with self.subTest(room=room, line=line):
                    self.assertEqual(1, len(self.problems({f"src/{room}/a.cpp": line + "\n"})))

    def test_words_in_comments_and_strings_are_no_offence(self):
        self.assertEqual([], self.problems({"src/tcp/a.cpp": '// we never throw\nauto s = "random_device";\n'}))

    def test_fmt_stays_out_of_the_core(self):
        self.assertEqual(1, len(self.problems({"src/tcp/a.cpp": "#include <fmt/format.h>\n"})))
        self.assertEqual([], self.problems({"src/cli/a.cpp": "#include <fmt/format.h>\n"}))

    def test_a_file_outside_the_rooms_is_caught(self):
        self.assertEqual(1, len(self.problems({"src/attic/a.cpp": "\n"})))
        self.assertEqual(1, len(self.problems({"include/fourtuple/attic.hpp": "\n"})))

    def test_cmake_must_agree_with_the_table(self):
        lines = [f"ft_room({room} {'PURE ' if room in arrows.PURE else ''}USES {' '.join(sorted(uses))})"
                 for room, uses in arrows.ALLOWED.items()]
        self.assertEqual([], self.problems({"cmake/rooms.cmake": "\n".join(lines)}))
        lines[4] = lines[4].replace("wire", "wire net")
        self.assertEqual(1, len(self.problems({"cmake/rooms.cmake": "\n".join(lines)})))


class Tidy(unittest.TestCase):
    def count(self, path, text):
        with tree({path: text}) as root:
            return len(tidy.check_tree(root))

    def test_a_tidy_file_passes(self):
        self.assertEqual(0, self.count("src/tcp/a.hpp", "// What it is for.\n#pragma once\n"))

    def test_untidy_files_are_caught(self):
        self.assertEqual(1, self.count("src/tcp/a.hpp", "#pragma once\n"))
        self.assertEqual(1, self.count("src/tcp/a.hpp", "// What it is for.\n"))
        self.assertEqual(1, self.count("src/tcp/a.cpp", "int x;\n" * 801))
        self.assertEqual(1, self.count("tests/unit/tcp/a.cpp", "\tint x;\n"))
        self.assertEqual(1, self.count("src/tcp/SynSent.cpp", "int x;\n"))
        self.assertEqual(1, self.count("src/tcp/a.cpp", "int x;"))


class Docs(unittest.TestCase):
    def test_links_and_stories_must_exist(self):
        files = {"README.md": "[a](docs/a.md) [b](https://example.org) [c](docs/gone.md)\n`fourtuple lab handshake` `./run lab gone`\n",
                 "docs/a.md": "[up](../README.md#top)\n", "scenarios/handshake.toml": ""}
        with tree(files) as root:
            self.assertEqual(["README.md: the link docs/gone.md leads nowhere",
                              "README.md: there is no story gone (scenarios/gone.toml)"], docs.check_tree(root))

    def test_the_manual_must_list_the_options_of_help(self):
        self.assertEqual([], docs.check_manual(r"\fB\-\-peer\fR \fIsim\fR, \-\-ipv6", "  --peer TEXT\n  --ipv6"))
        self.assertEqual(2, len(docs.check_manual(r"\fB\-\-peers\fR", "  --peer TEXT")))


class Pure(unittest.TestCase):
    def test_state_is_told_from_constants(self):
        listing = ("0000000000000000 l     O .bss\t0000000000000004 ft::(anonymous namespace)::counter\n"
                   "0000000000000000 g     O .data.rel.ro\t0000000000000028 vtable for ft::Thing\n"
                   "0000000000000000 l     O .rodata\t0000000000000100 ft::table\n"
                   "0000000000000000 l    d  .data\t0000000000000000 .data\n")
        self.assertEqual(["ft::(anonymous namespace)::counter"], list(pure.state_symbols(listing)))

    def test_system_calls_are_told_from_the_rest(self):
        listing = "                 U clock_gettime\n                 U memcpy\n                 U std::chrono::_V2::steady_clock::now()\n"
        self.assertEqual(["clock_gettime", "std::chrono::_V2::steady_clock::now()"], list(pure.system_symbols(listing)))


if __name__ == "__main__":
    unittest.main()
