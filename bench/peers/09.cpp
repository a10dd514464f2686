// Lab 09's check of a tarball as a contestant: peers_09 NAME COUNT.
#include <openssl/evp.h>

#include <map>
#include <stdexcept>

#include "installer.hpp"
#include "timed.hpp"

namespace {

const std::string kTarball(1024, 'x');

std::string hash_alone(std::int64_t count) {
  std::int64_t good = 0;
  unsigned char hash[EVP_MAX_MD_SIZE];
  for (std::int64_t i = 0; i < count; ++i)
    good += EVP_Digest(kTarball.data(), kTarball.size(), hash, nullptr, EVP_sha512(),
                       nullptr);
  return fmt::format("{} good", good);
}

std::string check(std::int64_t count) {
  const std::string locked = lab09::integrity_of(kTarball);
  std::int64_t good = 0;
  for (std::int64_t i = 0; i < count; ++i)
    good += lab09::integrity_of(kTarball) == locked;
  return fmt::format("{} good", good);
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"hash", hash_alone}, {"check", check}};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) throw std::invalid_argument("peers_09 NAME COUNT");
  peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]));
}
