// The app as a program of its own, for an image: the lab itself runs it as a role.
//
//   app            serves, see app.hpp
//   app ask PATH   asks the app beside it, at PORT: a probe. Exit code 0 if it replied 200.
//   app fill MIB   takes so much memory
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "lab/net/http.hpp"
#include "world/app.hpp"

namespace {

using namespace std::chrono_literals;

// The app may have only just been started, so this waits for it.
int ask(const std::string& path) {
  const char* port = getenv("PORT");
  lab::http::Client client("127.0.0.1",
                           static_cast<std::uint16_t>(std::atoi(port ? port : "")));
  for (const auto start = std::chrono::steady_clock::now();
       std::chrono::steady_clock::now() - start < 5s; usleep(5000)) {
    const auto result = client.request({.target = path}, 1s);
    const auto* response = std::get_if<lab::http::Response>(&result);
    if (!response) continue;
    fmt::print("{}\n", response->body);
    return response->status == 200 ? 0 : 1;
  }
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc == 3 ? argv[1] : "";
  if (verb == "ask") return ask(argv[2]);
  if (verb == "fill") {
    const auto mebibytes = static_cast<std::size_t>(std::atoi(argv[2]));
    return std::string(mebibytes << 20, 'x').back() == 'x' ? 0 : 1;
  }
  return lab29::app_main({});
}
