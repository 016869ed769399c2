#include "cli/capture_options.hpp"

#include <unistd.h>

namespace ft::cli {

analysis::TextStyle CaptureOptions::style() const {
  return {
      .lang = language(), .ascii = ascii.value_or(!locale_is_utf8()), .colour = use_colour(colour, STDOUT_FILENO), .all = false};
}

void declare_capture(CLI::App& command, CaptureOptions& o) {
  CaptureOptions* options = &o;  // lives as long as the command: both are made once
  command.add_option("FILE", o.file, "A capture: pcap or pcapng, also compressed with gzip or zstd; - is standard input")
      ->type_name("")
      ->required();
  const std::string group = "What is shown";
  command
      .add_option_function<std::string>(
          "--lang",
          [options](const std::string& t) {
            if (t != "en" && t != "zh") throw CLI::ValidationError("--lang", "expected en or zh, not \"" + t + "\"");
            options->lang = t == "zh" ? analysis::Lang::zh : analysis::Lang::en;
          },
          "English or Chinese; as the locale says by default")
      ->group(group)
      ->type_name("en|zh");
  command
      .add_flag_function(
          "--ascii,!--unicode", [options](std::int64_t n) { options->ascii = n > 0; },
          "Draw in ASCII, or in Unicode whatever the locale says")
      ->group(group);
  command
      .add_option_function<std::string>(
          "--color,--colour",
          [options](const std::string& t) {
            if (t != "auto" && t != "always" && t != "never")
              throw CLI::ValidationError("--color", "expected auto, always or never, not \"" + t + "\"");
            options->colour = t == "always" ? When::always : t == "never" ? When::never : When::automatic;
          },
          "Colours: on a terminal only (auto), always, never")
      ->group(group)
      ->type_name("WHEN");
}

}  // namespace ft::cli
