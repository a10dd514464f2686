// Lab 20's parser as a contestant: peers_20 NAME COUNT.
#include <cstring>
#include <map>
#include <random>
#include <stdexcept>

#include "multipart.hpp"
#include "timed.hpp"

namespace {

constexpr std::size_t kFile = 8 << 20, kPiece = 64 << 10;
constexpr const char* kDelimiter = "\r\n--boundary";

// The bytes repeat every 64 KiB minus one, so a script in Node makes the same.
std::string form() {
  std::string bytes(kFile, '\0');
  for (std::size_t i = 0; i < kFile; ++i)
    bytes[i] = static_cast<char>(i % 65'535 * 7 >> 3);
  return "--boundary\r\nContent-Disposition: form-data; name=\"a\"; "
         "filename=\"a.bin\"\r\n"
         "Content-Type: application/octet-stream\r\n\r\n" +
         bytes + kDelimiter + "--\r\n";
}

std::string search(std::int64_t count) {
  const std::string body = form();
  std::size_t found = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    found = 0;
    for (std::size_t at = 0; at < body.size(); at += kPiece) {
      const std::string_view piece = std::string_view(body).substr(at, kPiece);
      found += memmem(piece.data(), piece.size(), kDelimiter, std::strlen(kDelimiter)) !=
               nullptr;
    }
  }
  if (found != 1) throw std::runtime_error("the boundary was not found");
  return fmt::format("{} bytes", kFile);
}

std::string parse(std::int64_t count) {
  const std::string body = form();
  std::size_t bytes = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    bytes = 0;
    lab20::MultipartParser parser(
        "boundary", {[](const lab20::Part&) {},
                     [&bytes](std::string_view more) { bytes += more.size(); }, [] {}});
    for (std::size_t at = 0; at < body.size(); at += kPiece)
      (void)parser.write(std::string_view(body).substr(at, kPiece));
  }
  return fmt::format("{} bytes", bytes);
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"search", search}, {"parse", parse}};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) throw std::invalid_argument("peers_20 NAME COUNT");
  peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]));
}
