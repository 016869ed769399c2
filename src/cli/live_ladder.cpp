#include "cli/live_ladder.hpp"

#include "cli/terminal.hpp"

#include <cstdio>
#include <utility>

#include <unistd.h>

namespace ft::cli {

namespace {
constexpr std::size_t most_alike = 6;  // rows of a transfer that are shown before the rest is only counted
}

LiveLadder::LiveLadder(std::vector<analysis::Actor> actors)
    : actors_(actors),
      style_{.lang = locale_language(),
             .ascii = !locale_is_utf8(),
             .colour = use_colour(When::automatic, STDERR_FILENO),
             .all = false},
      rows_(std::move(actors), [this](const analysis::Row& row) { print(row); }) {}

void LiveLadder::on_event(const trace::Event& event) {
  if (!text_) text_.emplace(actors_, event.at, style_);
  rows_.on_event(event);
}

void LiveLadder::print(const std::vector<analysis::Line>& lines) {
  std::string out;
  for (const analysis::Line& line : lines) out += analysis::paint(line, style_);
  std::fwrite(out.data(), 1, out.size(), stderr);  // a ladder that nobody can see is no reason to stop
}

void LiveLadder::begin(const analysis::Row& row) {
  has_head_ = true;
  std::string names[2];
  for (std::size_t i = 0; i < actors_.size() && i < 2; ++i) {
    const Endpoint& end = row.from == i ? row.tuple.local : row.tuple.remote;
    const std::size_t side = actors_[i].on_the_right ? 1 : 0;
    names[side] = analysis::name_as_heading(actors_[i].name, style_.lang);
    if (end.port != 0) {
      names[side] += " " + end.to_string();
    } else if (!actors_[i].addresses.empty()) {
      names[side] += " " + actors_[i].addresses.front().to_string();
    }
  }
  print(text_->head(names[0], names[1], "", ""));
}

void LiveLadder::print(const analysis::Row& row) {
  if (!has_head_) begin(row);
  if (row.connection > 1) text_->name_connections(true);
  routine_ = analysis::is_routine(row) ? routine_ + 1 : 0;
  if (routine_ > most_alike) {
    hidden_.add(row);
    return;
  }
  if (hidden_.rows > 0) print(text_->gap(std::exchange(hidden_, {})));
  print(text_->row(row));
}

void LiveLadder::finish() {
  rows_.finish();
  if (!has_head_) return;
  if (hidden_.rows > 0) print(text_->gap(std::exchange(hidden_, {})));
  print(text_->tail());
}

}  // namespace ft::cli
