// Lab 15's guards as contestants: peers_15 NAME COUNT.
#include <map>
#include <stdexcept>
#include <variant>
#include <vector>

#include "guards/rate_limiter.hpp"
#include "guards/tokens.hpp"
#include "guards/validation.hpp"
#include "timed.hpp"

namespace {

using namespace lab15;
using namespace std::chrono_literals;

const std::string kSecret(32, 'k');

std::string hmac(std::int64_t count) {
  const std::string token =
      sign_token({{"sub", "ann"}, {"exp", 1'800'000'000}}, Key::hs256(kSecret));
  std::int64_t good = 0;
  for (std::int64_t i = 0; i < count; ++i) good += !hmac_sha256(kSecret, token).empty();
  return fmt::format("{} good", good);
}

std::string verify(std::int64_t count) {
  const Key key = Key::hs256(kSecret);
  const std::string token = sign_token({{"sub", "ann"}, {"exp", 1'800'000'000}}, key);
  std::int64_t good = 0;
  for (std::int64_t i = 0; i < count; ++i)
    good += std::holds_alternative<Json>(
        verify_token(token, key, {}, UnixTime{1'700'000'000s}));
  return fmt::format("{} good", good);
}

// 1,000 clients in turn, far below the limit.
std::string limit(std::int64_t count) {
  const auto limiter =
      make_limiter(Algorithm::fixed_window, {.requests = 1'000'000'000, .window = 1h});
  std::vector<std::string> clients;
  for (int i = 0; i < 1000; ++i) clients.push_back("10.0.0." + std::to_string(i));
  std::int64_t good = 0;
  for (std::int64_t i = 0; i < count; ++i)
    good += limiter(clients[static_cast<std::size_t>(i) % 1000], Clock::now()).allowed;
  return fmt::format("{} good", good);
}

std::string shape(std::int64_t count) {
  const Shape order = Shape::object({{"item", Shape::text(1, 64)},
                                     {"quantity", Shape::integer(1, 100)},
                                     {"gift", Shape::boolean()}});
  Json body{{"item", "tea"}, {"quantity", 2}, {"gift", false}};
  std::int64_t good = 0;
  for (std::int64_t i = 0; i < count; ++i) good += order.check(body).empty();
  return fmt::format("{} good", good);
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"hmac", hmac}, {"verify", verify}, {"limit", limit}, {"shape", shape}};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) throw std::invalid_argument("peers_15 NAME COUNT");
  peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]));
}
