#include "studio/names.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace runner {

namespace {

std::string in_url(const std::string& address) {
  return address.find(':') == address.npos ? address : "[" + address + "]";
}

// As text; "" for what no browser can be told: a link's own address needs its link, too.
std::string text_of(const sockaddr* address) {
  std::array<char, NI_MAXHOST> text{};
  const socklen_t size =
      address->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  if (getnameinfo(address, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST)) {
    return "";
  }
  const std::string result = text.data();
  return result.find('%') == result.npos ? result : "";
}

std::vector<std::string> all_addresses(bool with_six) {
  std::vector<std::string> names;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return names;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> kept(all, freeifaddrs);
  for (const ifaddrs* one = all; one; one = one->ifa_next) {
    if (!one->ifa_addr || (one->ifa_flags & IFF_LOOPBACK) != 0) continue;
    const auto family = one->ifa_addr->sa_family;
    if (family != AF_INET && !(with_six && family == AF_INET6)) continue;
    if (const std::string text = text_of(one->ifa_addr); !text.empty()) {
      names.push_back(in_url(text));
    }
  }
  return names;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "";
  std::string text = name.data();
  std::ranges::transform(text, text.begin(), [](char byte) {
    return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte;
  });
  return text;
}

}  // namespace

std::vector<std::string> names_of(const std::string& address) {
  const bool all_four = address == "0.0.0.0";
  const bool all_six = address == "::";
  if (!all_four && !all_six) {
    const bool loopback = address.starts_with("127.") || address == "::1";
    std::vector<std::string> names = {in_url(address)};
    if (loopback) names.emplace_back("localhost");
    return names;
  }
  auto names = all_addresses(all_six);
  if (const std::string name = host_name(); !name.empty()) names.push_back(name);
  names.insert(names.end(), {"127.0.0.1", "localhost"});
  if (all_six) names.emplace_back("[::1]");
  return names;
}

}  // namespace runner
