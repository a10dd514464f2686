#include "world/service.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <sstream>

#include "lab/core/error.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/descriptor.hpp"
#include "lab/os/proc.hpp"
#include "world/heap_hook.hpp"
#include "world/shop.hpp"

namespace lab21 {

namespace {

std::string header(const lab::http::Request& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (strcasecmp(key.c_str(), std::string(name).c_str()) == 0) return value;
  }
  return {};
}

bool names_this_machine(std::string_view host) {
  host = host.substr(0, host.find(':'));
  return host == "127.0.0.1" || host == "localhost";
}

}  // namespace

class Diagnosed {
 public:
  explicit Diagnosed(std::size_t sample) : sampler_(sample) {}

  void work() {
    for (int i = 0; i < 500; ++i) shop_.request(next_++ % 2 * 2);  // keys 0 and 2
  }
  std::string heap() { return to_text(by_site(sampler_.snapshot())); }
  std::string memory() {
    return fmt::format("resident {}\nlive {:.0f}\nkept {}\n", lab::resident_bytes(),
                       total(sampler_.snapshot()).bytes, mallinfo2().fordblks);
  }

 private:
  HeapSampler sampler_;
  Recording recording_{sampler_};
  Shop shop_;
  int next_ = 0;
};

lab::http::Response debug_port(const lab::http::Request& request, Diagnosed& service) {
  if (!names_this_machine(header(request, "Host")))
    return {.status = 403, .body = "ask by 127.0.0.1 or localhost\n"};
  if (request.target == "/work") {
    if (request.method != "POST") return {.status = 405};
    service.work();
    return {.body = "done\n"};
  }
  if (request.target != "/heap" && request.target != "/memory") return {.status = 404};
  if (request.method != "GET") return {.status = 405};
  return {.body = request.target == "/heap" ? service.heap() : service.memory()};
}

std::string to_text(const std::vector<Site>& sites) {
  std::string text;
  for (const Site& site : sites) {
    text += fmt::format("{:.0f} {:.0f} {:.0f} {}\n", site.live.bytes, site.live.count,
                        site.live.error(), site.name);
  }
  return text;
}

std::optional<std::vector<Site>> from_text(const std::string& text) {
  std::vector<Site> sites;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Site site;
    double error = 0;
    if (!(words >> site.live.bytes >> site.live.count >> error)) return std::nullopt;
    site.live.variance = error * error;
    if (!std::getline(words >> std::ws, site.name)) return std::nullopt;
    sites.push_back(site);
  }
  return sites;
}

ServiceProcess start_service(std::size_t sample) {
  int ends[2];
  lab::check_errno(pipe2(ends, O_CLOEXEC), "make a pipe");
  const lab::Descriptor from(ends[0]);
  lab::Descriptor to(ends[1]);
  lab::Child child =
      lab::Child::role("service", {std::to_string(sample), std::to_string(to.get())},
                       {.deadline = std::chrono::seconds(60), .inherit = {to.get()}});
  to.reset();
  std::uint16_t port = 0;
  if (read(from.get(), &port, sizeof port) != sizeof port)
    throw lab::Error("start the service", "it ended before it listened");
  return {std::move(child), port};
}

int service_main(std::span<const std::string> args) {
  lab::Descriptor tells(std::stoi(args[1]));
  Diagnosed service(std::stoul(args[0]));
  lab::http::Server server([&](const lab::http::Request& request, auto reply) {
    const std::string flow = header(request, "X-Flow");
    if (!flow.empty())
      lab::trace::flow_in(std::stoull(flow), request.target, {.lane = "service"});
    reply(debug_port(request, service));
  });
  const std::uint16_t port = server.port();
  if (write(tells.get(), &port, sizeof port) != sizeof port) return 1;
  tells.reset();
  while (true) pause();  // until it is killed, or its parent has gone
}

}  // namespace lab21
