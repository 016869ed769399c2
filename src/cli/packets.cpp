// fourtuple packets: the packets of a capture as a list, as trees, as fields or as JSON, those that a display filter lets
// through.
#include "analysis/fields/registry.hpp"
#include "cli/commands.hpp"
#include "cli/examine.hpp"
#include "cli/failing.hpp"
#include "cli/filter_text.hpp"
#include "cli/frames.hpp"
#include "cli/packet_printers.hpp"
#include "cli/slice.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>

namespace ft::cli {

namespace {

struct PacketsOptions {
  std::string file;
  std::string filter;
  std::string format = "text";
  std::vector<std::string> fields;
  std::vector<std::string> field_styles;
  bool tree = false, octets = false, two_pass = false, explain = false, list_fields = false;
  std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
  std::optional<std::uint32_t> stream;
  std::uint64_t selected = 0;
  SliceOptions slice;
  std::string colour_text = "auto";
  When colour = When::automatic;
};

constexpr Failing fail{"packets"};

int list_fields(const std::string& only) {
  Output out;
  bool any = false;
  for (const analysis::Field* field : analysis::all_fields()) {
    if (!field->name.starts_with(only)) continue;
    any = true;
    const std::string line = fmt::format("{:<36} {}\n{:<36} {}{}{}\n", field->name, field->description, "",
                                         analysis::to_string(field->type), field->ours ? "; not Wireshark's" : "",
                                         field->need == analysis::Need::connections ? "; known at the capture's end" : "");
    if (!out.write(line)) break;
  }
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  return any ? exit_ok : fail("no field's name begins with " + only + " (fourtuple packets --fields lists them)", exit_failed);
}

int explain(analysis::Filter& filter) {
  Output out;
  out.write(filter.explain());
  const std::string same = filter.as_capture_filter();
  if (!same.empty()) out.write("\nas a capture filter: " + same + "\n");
  if (filter.needs_connections()) out.write("\nasks what only the whole capture tells: the file is read twice\n");
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  return exit_ok;
}

/// What a printer needs of the capture beside its frames.
Frames::Wants wants_of(const PacketsOptions& o, const PacketStyle& style, const analysis::Filter& filter) {
  Frames::Wants wants;
  const auto need = [&](analysis::Need what) {
    return filter.needs(what) ||
           std::ranges::any_of(style.fields, [&](const analysis::Field* field) { return field->need == what; });
  };
  const bool all = style.format != PacketStyle::Format::fields && style.fields.empty();
  wants.connections = o.two_pass || need(analysis::Need::connections);
  wants.streams = all || wants.connections || need(analysis::Need::streams);
  wants.checksums = style.tree || (style.format == PacketStyle::Format::json && all) || need(analysis::Need::checksums);
  return wants;
}

std::optional<PacketStyle> style_of(const PacketsOptions& o) {
  PacketStyle style;
  style.tree = o.tree;
  style.octets = o.octets;
  style.colour = use_colour(o.colour, 1);
  style.unicode = locale_is_utf8();
  if (o.format == "json") style.format = PacketStyle::Format::json;
  if (o.format == "fields" || (o.format == "text" && !o.fields.empty())) style.format = PacketStyle::Format::fields;
  for (const std::string& name : o.fields) {
    const analysis::Field* field = analysis::find_field(name);
    if (field == nullptr) {
      const auto near = analysis::near_fields(name, 1);
      fail("-e: there is no field " + name +
               (near.empty() ? " (fourtuple packets --fields lists them)" : "; did you mean " + std::string(near.front()) + "?"),
           exit_usage);
      return std::nullopt;
    }
    style.fields.push_back(field);
  }
  if (style.format == PacketStyle::Format::fields && style.fields.empty()) {
    fail("-T fields wants the fields to print: -e ip.src -e tcp.len", exit_usage);
    return std::nullopt;
  }
  for (const std::string& text : o.field_styles)
    if (!read_field_style(text, style.fields_style)) {
      fail("-E: expected header=y|n, separator=, aggregator=, occurrence=f|l|a or quote=d|s|n, not \"" + text + "\"", exit_usage);
      return std::nullopt;
    }
  return style;
}

/// ${field} is of this packet: it has to be found before the others are judged.
int select(const PacketsOptions& o, io::CaptureSource& source, Frames::Wants wants, analysis::Filter& filter) {
  Frames frames(source, wants);
  frames.show_progress("looking for packet " + std::to_string(o.selected));
  frames.prepare();
  while (const analysis::FrameContext* context = frames.next())
    if (context->frame.number == o.selected) {
      filter.select(*context);
      return source.rewind() ? exit_ok : fail(o.file + ": cannot be read a second time", exit_failed);
    }
  return fail(fmt::format("{}: there is no packet {}", o.file, o.selected), exit_failed);
}

int print(const PacketsOptions& o, const PacketStyle& style, analysis::Filter& filter) {
  const Frames::Wants wants = wants_of(o, style, filter);
  const bool twice = wants.connections || o.selected != 0;
  auto source = io::open_capture(o.file, {.read_twice = twice});
  if (!source) return fail(source.error(), exit_failed);
  if (o.selected != 0)
    if (const int status = select(o, **source, wants, filter); status != exit_ok) return status;
  std::optional<Slice> slice;
  if (!o.slice.file.empty()) {
    auto created = Slice::create(o.slice);
    if (!created) return fail(created.error(), exit_failed);
    slice.emplace(std::move(*created));
  }
  Frames frames(**source, wants);
  const bool live = o.file == "-";
  if (!live) {  // what comes through a pipe ends when its writer does
    frames.show_progress("reading " + base_name(o.file));
    frames.end_at_interrupt();
  }
  frames.prepare();
  const auto printer = make_packet_printer(style);
  Output out;
  const bool prints = !slice || style.format != PacketStyle::Format::text || style.tree || style.octets;
  const bool on_terminal = prints && isatty(STDOUT_FILENO) == 1;
  if (prints) out.write(printer->begin());
  std::uint64_t shown = 0;
  bool wanted = true;
  while (wanted && shown < o.count) {
    const analysis::FrameContext* context = frames.next();
    if (context == nullptr) break;
    if (o.stream && (context->tcp == nullptr || context->tcp->stream != *o.stream) && context->quoted_stream != o.stream)
      continue;
    if (!filter.matches(*context)) continue;
    ++shown;
    if (slice) {
      if (const auto added = slice->add(frames.packet(), context->frame, (*source)->interfaces()); !added)
        return added.error().empty() ? exit_ok : fail(added.error(), exit_failed);
    }
    if (on_terminal && shown == 1) frames.hide_progress();
    if (prints) wanted = out.write(printer->packet(*context));
    frames.shown();
    if (prints && (shown == 1 || live)) wanted = out.flush() && wanted;  // the first one at once
  }
  frames.hide_progress();
  if (prints) out.write(printer->end());
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  if (slice) {
    if (const auto closed = slice->close(); !closed) return fail(closed.error(), exit_failed);
    std::fprintf(stderr, "fourtuple packets: %llu packets in %s\n", static_cast<unsigned long long>(shown), o.slice.file.c_str());
  }
  if (frames.problem()) return fail(base_name(o.file) + ": " + *frames.problem(), exit_partial);
  return exit_ok;
}

int run_packets(const PacketsOptions& o) {
  if (o.list_fields) return list_fields(o.file);
  auto filter = compile_filter("packets", o.filter);
  if (!filter) return exit_usage;
  if (o.explain) return explain(*filter);
  if (o.file.empty()) return fail("expected a capture file, or - for standard input (see fourtuple packets --help)", exit_usage);
  if (filter->has_references() && o.selected == 0)
    return fail("${...} is the value in a packet: choose it with --selected N", exit_usage);
  if (const auto problem = overwrites(o.slice.file, {o.file})) return fail(*problem, exit_usage);
  const auto style = style_of(o);
  if (!style) return exit_usage;
  return print(o, *style, *filter);
}

CLI::Validator colours() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        return text == "auto" || text == "always" || text == "never" ? ""
                                                                     : "expected auto, always or never, not \"" + text + "\"";
      },
      "auto|always|never");
}

}  // namespace

void add_packets(CLI::App& app, int& status) {
  CLI::App* command =
      app.add_subcommand("packets", "The packets of a capture: a list, trees, fields, those that a filter lets through");
  const auto o = std::make_shared<PacketsOptions>();
  command->add_option("FILE", o->file, "pcap or pcapng, also compressed; - is standard input");
  command->add_option("-Y,--filter", o->filter, "Display filter: only packets for which it is true");
  command->add_option("-T,--format", o->format, "text, json or fields")->check(CLI::IsMember({"text", "json", "fields"}));
  command->add_option("-e,--field", o->fields, "A field to print; give it several times")->allow_extra_args(false);
  command->add_option("-E,--field-style", o->field_styles, "header=y|n, separator=X, aggregator=X, occurrence=f|l|a, quote=d|s|n")
      ->allow_extra_args(false);
  command->add_flag("-V,--tree", o->tree, "All fields of each packet");
  command->add_flag("-x,--octets", o->octets, "The octets of each packet");
  command->add_option("-c,--count", o->count, "Stop after so many packets");
  command->add_option("--stream", o->stream, "Only this connection: its tcp.stream");
  command->add_option("--selected", o->selected, "The packet that ${field} in a filter speaks of");
  command->add_flag("-2,--two-pass", o->two_pass,
                    "Read the file twice, for labels as the end of the capture tells them, and conn.*");
  declare_slice(*command, o->slice, "the packets");
  command->add_flag("--explain-filter", o->explain, "Say what the filter means, in words, and stop");
  command->add_flag("--fields", o->list_fields, "List all fields, or those that begin with the word in FILE's place, and stop");
  command->add_option("--color,--colour", o->colour_text, "Colours: on a terminal only (auto), always, never")->check(colours());
  command->footer(
      "Examples:\n"
      "  fourtuple packets trace.pcapng -Y 'tcp.flags.syn == 1'\n"
      "  fourtuple packets trace.pcapng -Y 'conn.rtt > 100ms and tcp.rexmit' -T fields -e frame.number -e conn.cause\n"
      "  fourtuple packets --explain-filter -Y 'ip.addr != 10.0.0.1'\n"
      "  tcpdump -w - | fourtuple packets - -Y 'tcp.len > 0'");
  command->callback([o, &status] {
    o->colour = o->colour_text == "always" ? When::always : o->colour_text == "never" ? When::never : When::automatic;
    status = run_packets(*o);
  });
}

}  // namespace ft::cli
