// What fourtuple conform makes of scripts and registers, and the command itself.
#include "cli/conform.hpp"
#include "told.hpp"

#include <nlohmann/json.hpp>

using namespace ft::cli;

namespace {

const std::vector<EmbeddedFile> registers{
    {"elsewhere", "rfc,id,tests\nrfc20,MUST-3,\"it holds, with the kernel (tests/interop/x.py)\"\n"},
    {"exceptions", "rfc,id,reason\nrfc20,SHLD-1,\"\"\"nobody\"\" does\"\n"},
    {"rfc100", "id,level,section,requirement\n2-1,MUST,2,last\n"},
    {"rfc20",
     "id,level,section,requirement\nMUST-1,MUST,1,one\nMUST-2,MUST NOT,1,\"two, quoted\"\nMUST-3,MUST,1,three\n"
     "SHLD-1,SHOULD,1,four\nMAY-1,MAY,1,five\n"},
};

std::vector<ScriptResult> some_results() {
  return {{"it is one", "tests/scripts/a.cpp", true, {"rfc20 MUST-1"}, ""},
          {"it is one and two", "tests/scripts/a.cpp", true, {"rfc20 MUST-1", "rfc20 MUST-2"}, ""},
          {"it is not two", "tests/scripts/b.cpp", false, {"rfc20 MUST-2"}, "> S 0:0(0)\n  => wrong\n"}};
}

}  // namespace

TEST_CASE("registers are read with their exceptions and with what proves them elsewhere, in the order of the numbers") {
  const auto requirements = read_requirements(registers);
  REQUIRE(requirements.size() == 6);
  CHECK(requirements[0].key() == "rfc20 MUST-1");
  CHECK(requirements[1].text == "two, quoted");
  CHECK(requirements[1].is_must());
  CHECK(requirements[2].elsewhere == "it holds, with the kernel (tests/interop/x.py)");
  CHECK(requirements[3].exception == "\"nobody\" does");
  CHECK(requirements[5].key() == "rfc100 2-1");
}

TEST_CASE("a requirement passes when each script that proves it passed, and fails when one did not") {
  const auto results = some_results();
  const auto verdicts = judge(read_requirements(registers), results);
  CHECK(verdicts[0].standing == Standing::passed);
  CHECK(verdicts[0].scripts.size() == 2);
  CHECK(verdicts[1].standing == Standing::failed);
  CHECK(verdicts[2].standing == Standing::elsewhere);
  CHECK(verdicts[3].standing == Standing::exception);
  CHECK(verdicts[4].standing == Standing::untested);
  CHECK(verdicts[5].standing == Standing::untested);
}

TEST_CASE("the table shows holes, sums and the story of what failed; the JSON says the same") {
  const auto results = some_results();
  const auto verdicts = judge(read_requirements(registers), results);
  const std::string holes = report_text(verdicts, results, {});
  CHECK(holes.find("MUST-1 ") == std::string::npos);
  CHECK(holes.find("MUST-2    MUST NOT    1         FAILED      two, quoted\n") != std::string::npos);
  CHECK(holes.find("RFC 20: 1 of 3 MUST passed, 1 FAILED, 1 elsewhere; 0 of 1 SHOULD passed, 1 exception;") != std::string::npos);
  CHECK(holes.find("3 tests ran in virtual time, 1 failed\n") != std::string::npos);
  CHECK(holes.find("FAILED: it is not two (tests/scripts/b.cpp)\n> S 0:0(0)\n  => wrong\n") != std::string::npos);
  const std::string whole = report_text(verdicts, results, {.whole = true, .scripts = true});
  CHECK(whole.find("by: it is one and two") != std::string::npos);
  CHECK(whole.find("not run here, proven by: it holds") != std::string::npos);
  CHECK(whole.find('\x1b') == std::string::npos);
  CHECK(report_text(verdicts, results, {.colour = true}).find("\x1b[31mFAILED\x1b[0m") != std::string::npos);
  const auto json = nlohmann::json::parse(report_json(verdicts, results));
  CHECK(json["requirements"][1]["standing"] == "failed");
  CHECK(json["requirements"][3]["reason"] == "\"nobody\" does");
  CHECK(json["scripts"][2]["story"] == "> S 0:0(0)\n  => wrong\n");
}

TEST_CASE("the program runs its scripts and each of them passes") {
  const Ran ran = Ran::command(FT_PROGRAM " conform --json 2>&1");
  CHECK(ran.status == 0);
  const auto json = nlohmann::json::parse(ran.output, nullptr, false);
  REQUIRE(json.is_object());
  CHECK(json["scripts"].size() > 70);
  for (const auto& script : json["scripts"]) CHECK_MESSAGE(script["passed"] == true, script["name"].get<std::string>());
}

TEST_CASE("conform lists requirements, takes an RFC as people write it, and knows which registers there are") {
  const Ran list = Ran::command(FT_PROGRAM " conform --list RFC6298 2>&1");
  CHECK(list.status == 0);
  CHECK(list.output.starts_with("rfc6298  1-1 "));
  CHECK(list.output.find("rfc9293") == std::string::npos);
  const Ran wrong = Ran::program("conform 9999");
  CHECK(wrong.status == 2);
  CHECK(wrong.output.find("there is no register of 9999; there are: rfc2018") != std::string::npos);
  CHECK(Ran::program("conform --color blue").output.find("expected auto, always or never") != std::string::npos);
}
