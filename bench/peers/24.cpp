// Lab 24's test application as a contestant: peers_24 NAME COUNT.
#include <map>
#include <stdexcept>

#include "test_app.hpp"
#include "timed.hpp"

namespace {

using namespace lab24;

struct Stub : Mailer {
  bool welcome(const std::string&) override { return true; }
};

std::string doubles(std::int64_t count) {
  std::int64_t created = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    FakeUsers users;
    Stub mailer;
    SignUp sign_up(users, mailer);
    created += sign_up("ann@example.org") == Result::created;
  }
  return fmt::format("{} created", created);
}

std::string app_each(std::int64_t count) {
  std::int64_t created = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    FakeUsers users;
    Stub mailer;
    created += TestApp(users, mailer).post("ann@example.org") == 201;
  }
  return fmt::format("{} created", created);
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"doubles", doubles}, {"app", app_each}};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) throw std::invalid_argument("peers_24 NAME COUNT");
  peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]));
}
