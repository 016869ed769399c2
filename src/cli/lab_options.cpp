#include "cli/lab_options.hpp"

#include "sim/units.hpp"

#include <limits>

namespace ft::cli {

namespace {

using Options = std::shared_ptr<LabOptions>;

/// A value read by one of sim/units.hpp; its complaint becomes the option's.
template <typename T>
T value_of(std::string_view name, std::expected<T, std::string> parsed) {
  if (!parsed) throw CLI::ValidationError(std::string(name), parsed.error());
  return *std::move(parsed);
}

/// One more word for the fault engine, checked by the fault engine itself.
void add_impairment(LabOptions& options, std::string_view option, const std::string& word) {
  value_of(option, sim::parse_impairment(word));
  std::string& all = options.overrides.impairment;
  all += (all.empty() ? "" : ",") + word;
}

void declare_network(CLI::App& command, const Options& o) {
  const std::string group = "The network";
  command
      .add_option_function<std::string>(
          "--rtt", [o](const std::string& t) { o->overrides.rtt = value_of("--rtt", sim::parse_duration(t)); },
          "Round-trip time, half of it each way: 40ms")
      ->group(group)
      ->type_name("TIME");
  command
      .add_option_function<std::string>(
          "--loss", [o](const std::string& t) { o->overrides.loss = value_of("--loss", sim::parse_probability(t)); },
          "Packets lost by chance, in both directions: 1%")
      ->group(group)
      ->type_name("SHARE");
  command
      .add_option_function<std::string>(
          "--rate", [o](const std::string& t) { o->overrides.rate = value_of("--rate", sim::parse_rate(t)); },
          "Bits per second: 10Mbit")
      ->group(group)
      ->type_name("RATE");
  struct Word {
    const char* option;
    const char* word;
    const char* type;
    const char* help;
  };
  static constexpr Word words[] = {
      {"--jitter", "jitter", "TIME", "Delay up to so much more, without changing the order: 5ms"},
      {"--reorder", "reorder", "SHARE", "Packets held back while later ones pass: 1% or 1%:10ms"},
      {"--duplicate", "duplicate", "SHARE", "Packets that arrive twice: 1%"},
      {"--corrupt", "corrupt", "SHARE", "Packets damaged on their way: 0.1%"},
      {"--mtu", "mtu", "OCTETS", "Larger packets are lost silently: 1400"},
      {"--drop", "drop", "WHICH", "Lost for certain: syn, syn-ack, data:3, fin, ack:1, rst or a packet's number"},
      {"--late", "late", "WHICH", "Held back for certain, chosen as for --drop"},
  };
  for (const Word& w : words) {
    command
        .add_option_function<std::vector<std::string>>(
            w.option,
            [o, w](const std::vector<std::string>& values) {
              for (const std::string& v : values) add_impairment(*o, w.option, std::string(w.word) + "=" + v);
            },
            w.help)
        ->group(group)
        ->type_name(w.type)
        ->expected(1)
        ->take_all();
  }
}

void declare_story(CLI::App& command, const Options& o) {
  command.add_option("SCENARIO", o->scenario, "A story's name (see --list) or a file: handshake, my-story.toml")->type_name("");
  command.add_flag("--list", o->list, "List the stories, one a line");
  command
      .add_option_function<std::string>(
          "--peer",
          [o](const std::string& t) {
            if (t != "sim" && t != "kernel") throw CLI::ValidationError("--peer", "expected sim or kernel, not \"" + t + "\"");
            o->kernel = t == "kernel";
          },
          "The other end: our own stack in the simulator (sim), or this machine's kernel (kernel)")
      ->type_name("sim|kernel");
  command
      .add_option_function<std::string>(
          "--role",
          [o](const std::string& t) {
            if (t != "client" && t != "server")
              throw CLI::ValidationError("--role", "expected client or server, not \"" + t + "\"");
            o->ours = t == "server" ? sim::Role::server : sim::Role::client;
          },
          "Which end is ours when the other is the kernel")
      ->type_name("client|server");
  command
      .add_option_function<std::string>(
          "--seed",
          [o](const std::string& t) {
            o->overrides.seed = value_of("--seed", sim::parse_count(t, std::numeric_limits<std::uint64_t>::max()));
          },
          "Decides every draw: the same seed, the same run")
      ->type_name("NUMBER");
  command.add_flag("--ipv6", o->overrides.ipv6, "Over IPv6");
}

void declare_output(CLI::App& command, const Options& o) {
  const std::string group = "What is shown";
  command.add_option("--pcap", o->pcap, "Write the packets to a pcapng file, each with the reason why it was sent")
      ->group(group)
      ->type_name("FILE");
  command
      .add_option("--trace", o->trace, "Write every decision to a file, one JSON object a line (docs/reference/trace-json.md)")
      ->group(group)
      ->type_name("FILE");
  command.add_flag("--json", o->json, "One JSON document instead of the ladder (docs/reference/lab-json.md)")->group(group);
  command
      .add_option_function<std::string>(
          "--lang",
          [o](const std::string& t) {
            if (t != "en" && t != "zh") throw CLI::ValidationError("--lang", "expected en or zh, not \"" + t + "\"");
            o->lang = t == "zh" ? analysis::Lang::zh : analysis::Lang::en;
          },
          "English or Chinese; as the locale says by default")
      ->group(group)
      ->type_name("en|zh");
  command.add_flag("--step", o->step, "Wait for a key at each event; q quits")->group(group);
  command.add_flag("--all", o->all, "Every row: also repeated data and timers")->group(group);
  command
      .add_flag_function(
          "--ascii,!--unicode", [o](std::int64_t n) { o->ascii = n > 0; },
          "Draw in ASCII, or in Unicode whatever the locale says")
      ->group(group);
  command
      .add_option_function<std::string>(
          "--color,--colour",
          [o](const std::string& t) {
            if (t != "auto" && t != "always" && t != "never")
              throw CLI::ValidationError("--color", "expected auto, always or never, not \"" + t + "\"");
            o->colour = t == "always" ? When::always : t == "never" ? When::never : When::automatic;
          },
          "Colours: on a terminal only (auto), always, never")
      ->group(group)
      ->type_name("auto|always|never");
}

}  // namespace

void declare_lab_options(CLI::App& command, const Options& options) {
  declare_story(command, options);
  declare_network(command, options);
  declare_output(command, options);
}

}  // namespace ft::cli
