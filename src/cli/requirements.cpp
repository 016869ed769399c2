#include "cli/requirements.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace ft::cli {

namespace {

int number_of(std::string_view rfc) {
  int number = 0;
  std::from_chars(rfc.data() + 3, rfc.data() + rfc.size(), number);
  return number;
}

using Notes = std::map<std::string, std::string, std::less<>>;

/// Rows of (rfc, id, words) by their key.
Notes notes_of(const std::vector<EmbeddedFile>& files, std::string_view name) {
  Notes notes;
  for (const EmbeddedFile& file : files) {
    if (file.name != name) continue;
    for (const auto& row : read_csv(file.text))
      if (row.size() == 3) notes[row[0] + " " + row[1]] = row[2];
  }
  return notes;
}

std::string note(const Notes& notes, const std::string& key) {
  const auto found = notes.find(key);
  return found == notes.end() ? "" : found->second;
}

}  // namespace

std::vector<std::vector<std::string>> read_csv(std::string_view text) {
  std::vector<std::vector<std::string>> rows{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    std::string& field = rows.back().back();
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      field += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && c == '\n') {
      rows.push_back({""});
    } else if (c != '\r' || quoted) {
      field += c;
    }
  }
  if (rows.back() == std::vector<std::string>{""}) rows.pop_back();
  if (!rows.empty()) rows.erase(rows.begin());
  return rows;
}

std::vector<Requirement> read_requirements(const std::vector<EmbeddedFile>& files) {
  const Notes exceptions = notes_of(files, "exceptions");
  const Notes elsewhere = notes_of(files, "elsewhere");
  std::vector<Requirement> requirements;
  for (const EmbeddedFile& file : files) {
    if (!file.name.starts_with("rfc")) continue;
    for (const auto& row : read_csv(file.text)) {
      if (row.size() != 4) continue;
      Requirement r{std::string(file.name), row[0], row[1], row[2], row[3], "", ""};
      r.exception = note(exceptions, r.key());
      r.elsewhere = note(elsewhere, r.key());
      requirements.push_back(std::move(r));
    }
  }
  std::stable_sort(requirements.begin(), requirements.end(),
                   [](const Requirement& a, const Requirement& b) { return number_of(a.rfc) < number_of(b.rfc); });
  return requirements;
}

}  // namespace ft::cli
