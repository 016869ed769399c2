#include "cli/document_form.hpp"

#include "analysis/report/document_html.hpp"
#include "analysis/report/document_markdown.hpp"
#include "analysis/report/document_text.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace ft::cli {

namespace {

namespace report = analysis::report;

/// To a file, or to standard output when `path` is "-".
std::expected<void, std::string> write_page(const std::string& path, const std::string& page, Output& out) {
  if (path == "-") {
    out.write(page);
    return {};
  }
  const auto problem = [&path] { return std::unexpected("cannot write " + path + ": " + std::strerror(errno)); };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"),
                                                             [](std::FILE* f) { return f == nullptr ? 0 : std::fclose(f); });
  if (!file) return problem();
  if (std::fwrite(page.data(), 1, page.size(), file.get()) != page.size() || std::fflush(file.get()) != 0) return problem();
  return {};
}

}  // namespace

void declare_form(CLI::App& command, DocumentForm& form, const std::string& json_help) {
  auto* json = command.add_flag("--json", form.json, json_help);
  auto* markdown = command.add_flag("--md", form.markdown, "Print Markdown");
  auto* html = command.add_option("--html", form.html, "Write one HTML file that needs nothing else; - is standard output")
                   ->type_name("FILE");
  json->excludes(markdown)->excludes(html);
  markdown->excludes(html);
}

std::expected<void, std::string> write_document(const report::Document& document, const DocumentForm& form,
                                                const analysis::TextStyle& style, Output& out) {
  if (form.is_page()) return write_page(form.html, report::document_html(document), out);
  out.write(form.markdown ? report::document_markdown(document) : report::document_text(document, {.style = style}));
  return {};
}

}  // namespace ft::cli
