// A web server on fourtuple's own TCP: serves one folder's files to one client at a time.
//
//   sudo build/release/examples/http_server tun:ft0,10.9.0.2/24,10.9.0.1 80 /usr/share/doc
//   curl http://10.9.0.2/
//
// The link is a TUN device: this machine's kernel is the neighbour at 10.9.0.1, the server lives at 10.9.0.2.
#include "fourtuple/blocking.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

namespace fs = std::filesystem;
using ft::blocking::Connection;

namespace {

/// The request up to the empty line; empty when the client said nothing sensible in 8 KiB and 10 seconds.
std::string read_request(Connection& connection) {
  std::string request;
  std::byte piece[1024];
  while (request.find("\r\n\r\n") == std::string::npos && request.size() < 8192) {
    const auto got = connection.read(piece);
    if (!got || *got == 0) return {};
    request.append(reinterpret_cast<const char*>(piece), *got);
  }
  return request;
}

/// The file that "GET /name HTTP/1.1" asks for, if it is inside the folder.
fs::path file_of(const fs::path& folder, const std::string& request) {
  if (!request.starts_with("GET /")) return {};
  std::error_code error;
  const std::string name = request.substr(5, request.find(' ', 5) - 5);
  const fs::path path = fs::weakly_canonical(folder / name, error);
  const bool inside = !error && path.string().starts_with(folder.string() + "/");
  return inside && fs::is_regular_file(path, error) ? path : fs::path{};
}

void serve(Connection& connection, const fs::path& folder) {
  connection.set_timeout(std::chrono::seconds(10));
  const fs::path path = file_of(folder, read_request(connection));
  std::ifstream file(path, std::ios::binary);
  if (path.empty() || !file) {
    (void)connection.write_all("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  } else {
    const auto size = std::to_string(fs::file_size(path));
    if (!connection.write_all("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\nConnection: close\r\n\r\n")) return;
    std::vector<char> piece(256 * 1024);
    while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0) {
      const auto read = std::as_bytes(std::span(piece)).first(static_cast<std::size_t>(file.gcount()));
      if (!connection.write_all(read)) return;
    }
  }
  (void)connection.shutdown();
  (void)connection.wait_closed();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "expected: http_server LINK PORT FOLDER\n", 2;
  const auto host = ft::blocking::Host::open(argv[1]);
  if (!host) return std::cerr << "http_server: " << host.error() << '\n', 1;
  const auto ours = ft::parse_link(argv[1])->ours[0].address;
  auto listener = (*host)->listen({ours, static_cast<std::uint16_t>(std::stoi(argv[2]))});
  if (!listener) return std::cerr << "http_server: " << describe(listener.error()) << '\n', 1;
  std::cout << "serving http://" << ft::Endpoint{ours, static_cast<std::uint16_t>(std::stoi(argv[2]))}.to_string() << std::endl;
  while (auto connection = listener->accept()) serve(*connection, fs::canonical(argv[3]));
  return std::cerr << "http_server: " << (*host)->link_failure() << '\n', 1;
}
