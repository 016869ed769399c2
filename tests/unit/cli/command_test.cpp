// The program as a person runs it: exit statuses, complaints, and what happens when the reader or the disk is gone.
#include "told.hpp"

#include <nlohmann/json.hpp>

#include <fstream>

#include <pty.h>
#include <termios.h>
#include <unistd.h>

using namespace ft::cli;

namespace {

void check_complaint(const std::string& arguments, std::string_view expected) {
  const Ran ran = Ran::program(arguments);
  CAPTURE(arguments);
  CAPTURE(ran.output);
  CHECK(ran.status == 2);
  CHECK(ran.output.find(expected) != std::string::npos);
  CHECK(std::ranges::count(ran.output, '\n') == 1);
}

}  // namespace

TEST_CASE("wrong arguments are answered with one line that says what was expected, and status 2") {
  check_complaint("", "expected a command");
  check_complaint("lba", "did you mean lab?");
  check_complaint("--vresion", "did you mean --version?");
  check_complaint("lab", "expected a SCENARIO");
  check_complaint("lab handshak", "did you mean \"handshake\"?");
  check_complaint("lab handshake --sed 1", "did you mean --seed?");
  check_complaint("lab handshake --seed x", "--seed: ");
  check_complaint("lab handshake --rtt fast", "write for example 40ms");
  check_complaint("lab handshake --loss 200%", "--loss: ");
  check_complaint("lab handshake --drop sny", "--drop: ");
  check_complaint("lab handshake --peer windows", "expected sim or kernel");
  check_complaint("lab handshake --lang de", "expected en or zh");
  check_complaint("lab handshake --color blue", "expected auto, always or never");
  check_complaint("lab handshake --step < /dev/null", "needs a terminal");
  check_complaint("lab handshake --step --json", "exclude each other");
  check_complaint("lab no-such-file.toml", "cannot read no-such-file.toml: No such file");
  check_complaint("packets -c -1 x.pcap", "--count: \"-1\" is not a whole number");
  check_complaint("torture --replay x", "--replay: \"x\" is not a whole number");
  check_complaint("lab /tmp/", "cannot read /tmp/: ");
}

TEST_CASE("a scenario file with a mistake is named with its line") {
  const std::string path = "bad-scenario-for-test.toml";
  std::ofstream(path) << "title = \"x\"\nteaches = \"y\"\nseed = \"many\"\n";
  const Ran ran = Ran::program("lab ./" + path);
  unlink(path.c_str());
  CAPTURE(ran.output);
  CHECK(ran.status == 2);
  CHECK(ran.output.find(path + ":") != std::string::npos);
}

TEST_CASE("--version and --help print to standard output and succeed") {
  CHECK(Ran::command(FT_PROGRAM " --version 2>/dev/null").output.starts_with("fourtuple "));
  const Ran help = Ran::command(FT_PROGRAM " lab --help 2>/dev/null");
  CHECK(help.status == 0);
  CHECK(help.output.find("fourtuple lab") != std::string::npos);
  CHECK(help.output.find("--pcap") != std::string::npos);
  CHECK(Ran::program("connect --help").output.find("--link LINK (required)") != std::string::npos);
}

TEST_CASE("the help of every command fits 80 columns, names values by one word, and ends with examples") {
  std::istringstream commands(Ran::program("--help").output);
  std::string line;
  while (std::getline(commands, line) && line != "Subcommands:") continue;
  while (std::getline(commands, line)) {
    if (!line.starts_with("  ") || line.starts_with("   ")) continue;  // the description goes on
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    CAPTURE(name);
    const Ran help = Ran::program(name + " --help");
    CHECK(help.output.find("Example") != std::string::npos);
    CHECK(help.output.find("{false}") == std::string::npos);
    CHECK(help.output.find("TEXT:") == std::string::npos);
    std::istringstream lines(help.output);
    while (std::getline(lines, line)) CHECK_MESSAGE((line.size() <= 80 || line.starts_with("  ")), line);
  }
}

TEST_CASE("--list names every story with its title, in both languages") {
  const Ran en = Ran::program("lab --list");
  const Ran zh = Ran::program("lab --list --lang zh");
  CHECK(en.status == 0);
  for (const auto& story : ft::sim::embedded_scenarios()) {
    CHECK(en.output.find(std::string(story.name) + " ") != std::string::npos);
    CHECK(zh.output.find(std::string(story.name) + " ") != std::string::npos);
  }
  CHECK(en.output != zh.output);
}

TEST_CASE("the same seed prints the same octets, and another seed others") {
  const std::string first = Ran::program("lab handshake --seed 7").output;
  CHECK(first == Ran::program("lab handshake --seed 7").output);
  CHECK(first != Ran::program("lab handshake --seed 8").output);
}

TEST_CASE("a story that does not go as told says what failed, and status 1") {
  const Ran ran = Ran::program("lab handshake --drop syn");
  CHECK(ran.status == 1);
  CHECK(ran.output.find("It did not go as told") != std::string::npos);
  CHECK(ran.output.find("expected ") != std::string::npos);
}

TEST_CASE("the locale chooses language and characters, options overrule it") {
  CHECK(Ran::command("LC_ALL=zh_CN.UTF-8 " FT_PROGRAM " lab handshake").output.find("客户端") != std::string::npos);
  CHECK(Ran::command("LC_ALL=C " FT_PROGRAM " lab handshake").output.find("│") == std::string::npos);
  CHECK(Ran::command("LC_ALL=C " FT_PROGRAM " lab handshake --unicode").output.find("│") != std::string::npos);
  CHECK(Ran::command("LC_ALL=C.UTF-8 " FT_PROGRAM " lab handshake --ascii").output.find("│") == std::string::npos);
}

TEST_CASE("there are no colours in a pipe unless asked for") {
  CHECK(Ran::program("lab handshake").output.find('\x1b') == std::string::npos);
  CHECK(Ran::program("lab handshake --color always").output.find('\x1b') != std::string::npos);
}

TEST_CASE("a reader that goes away ends the program quietly") {
  // The program's own status and complaints go past the pipe that nobody reads to its end.
  const Ran ran = Ran::command("( ( " FT_PROGRAM " lab filtered --all; echo status $? >&3 ) 2>&3 | head -n 1 >/dev/null ) 3>&1");
  CHECK(ran.output == "status 0\n");
  const Ran closed = Ran::command("( ( sleep 0.2; " FT_PROGRAM " lab filtered; echo status $? >&3 ) 2>&3 | true ) 3>&1");
  CHECK(closed.output == "status 0\n");
}

TEST_CASE("a full disk is an error, for the page and for the capture") {
  const std::string capture_file = FT_SOURCE_DIR "/tests/captures/normal.client.pcap";
  for (const std::string& command :
       {"packets " + capture_file, "packets -V " + capture_file, std::string("--help"), std::string("--version")}) {
    CAPTURE(command);
    const Ran ran = Ran::command(FT_PROGRAM " " + command + " 2>&1 >/dev/full");
    CHECK(ran.status == 1);
    CHECK(ran.output.find("cannot write: No space left on device") != std::string::npos);
  }
  const Ran page = Ran::program("lab handshake > /dev/full");
  CHECK(page.status == 1);
  CHECK(page.output.empty());  // the complaint went where 2>&1 pointed: to /dev/full as well
  const Ran told = Ran::command(FT_PROGRAM " lab handshake 2>&1 >/dev/full");
  CHECK(told.status == 1);
  CHECK(told.output.find("No space left on device") != std::string::npos);
  const Ran capture = Ran::command(FT_PROGRAM " lab handshake --pcap /dev/full 2>&1 >/dev/null");
  CHECK(capture.status == 1);
  CHECK(capture.output.find("cannot write /dev/full: No space left on device") != std::string::npos);
}

TEST_CASE("--json is one document with every row and the outcome") {
  const Ran ran = Ran::program("lab lost-data --json");
  const auto j = nlohmann::json::parse(ran.output, nullptr, false);
  REQUIRE_FALSE(j.is_discarded());
  CHECK(j["format"] == "fourtuple-lab");
  CHECK(j["outcome"]["as_told"] == true);
  CHECK(j["hosts"].size() == 2);
  const auto lost =
      std::ranges::find_if(j["rows"], [](const auto& row) { return row.contains("lost") && !row["lost"].is_null(); });
  REQUIRE(lost != j["rows"].end());
  CHECK((*lost)["segment"]["length"].get<int>() > 0);
  CHECK((*lost)["why"]["sentence"].get<std::string>().ends_with("."));
}

TEST_CASE("every field of the JSON document is described in docs/reference/lab-json.md") {
  std::ifstream file(std::string(FT_SOURCE_DIR) + "/docs/reference/lab-json.md");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  REQUIRE_FALSE(text.empty());
  const auto check = [&text](const nlohmann::json& value, const auto& self) -> void {
    for (const auto& [key, inner] : value.items()) {
      if (value.is_object()) {
        CAPTURE(key);
        CHECK(text.find("`" + key + "`") != std::string::npos);
      }
      if (inner.is_structured()) self(inner, self);
    }
  };
  for (const std::string story : {"handshake", "lost-data", "ports-exhausted", "keepalive", "reordering"})
    check(nlohmann::json::parse(Ran::program("lab " + story + " --json").output), check);
}

namespace {

/// Runs the program on a terminal of its own, types `keys`, one each time the hint appears, and reads all it prints.
struct OnTerminal {
  std::string output;
  int status = -1;
  bool restored = false;  // the terminal has echo and lines again

  explicit OnTerminal(std::string_view keys) {
    int master = -1;
    const pid_t child = forkpty(&master, nullptr, nullptr, nullptr);
    REQUIRE(child >= 0);
    if (child == 0) {
      setenv("LC_ALL", "C.UTF-8", 1);
      setenv("TERM", "xterm", 1);
      execl(FT_PROGRAM, "fourtuple", "lab", "handshake", "--step", static_cast<char*>(nullptr));
      _exit(127);
    }
    std::size_t hints = 0, typed = 0;
    char buffer[4096];
    while (true) {
      const ssize_t n = read(master, buffer, sizeof buffer);
      if (n <= 0) break;  // EIO: the program has gone
      output.append(buffer, static_cast<std::size_t>(n));
      termios now{};
      if (tcgetattr(master, &now) == 0) restored = (now.c_lflag & ECHO) != 0 && (now.c_lflag & ICANON) != 0;
      hints = count(output, "q: quit]");
      for (; typed < hints && typed < keys.size(); ++typed) {
        if (write(master, &keys[typed], 1) != 1) break;
      }
    }
    int status_word = 0;
    waitpid(child, &status_word, 0);
    status = WIFEXITED(status_word) ? WEXITSTATUS(status_word) : 128 + WTERMSIG(status_word);
    termios now{};
    if (tcgetattr(master, &now) == 0) restored = (now.c_lflag & ECHO) != 0 && (now.c_lflag & ICANON) != 0;
    close(master);
  }
  static std::size_t count(const std::string& text, std::string_view piece) {
    std::size_t n = 0;
    for (std::size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) ++n;
    return n;
  }
};

}  // namespace

TEST_CASE("--step shows one event a key and ends with the page's foot") {
  const OnTerminal on("          ");
  CAPTURE(on.output);
  CHECK(on.status == 0);
  CHECK(on.restored);
  CHECK(on.output.find("It went as told") != std::string::npos);
  CHECK(OnTerminal::count(on.output, "q: quit]") >= 5);
}

TEST_CASE("--step stops at q, and at Ctrl-C gives the terminal back") {
  const OnTerminal quit(" q");
  CHECK(quit.status == 0);
  CHECK(quit.restored);
  CHECK(quit.output.find("It went as told") == std::string::npos);
  const OnTerminal interrupted(" \x03");
  CHECK(interrupted.status == 128 + SIGINT);
  CHECK(interrupted.restored);
}
