#include "peers/service.hpp"

#include <sys/wait.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "lab/core/error.hpp"
#include "lab/os/run_dir.hpp"

namespace runner {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

bool has_ended(pid_t pid) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid;
}

}  // namespace

Service::Service(const std::vector<std::string>& command, const Place& place)
    : child_(lab::Child::run(
          filled(command, Ground(place, {{"offer", lab::run_dir() / "offer"}})),
          {.deadline = 24h})) {
  const fs::path offer = lab::run_dir() / "offer";
  const auto end = std::chrono::steady_clock::now() + 60s;
  nlohmann::json told = nlohmann::json::value_t::discarded;
  while (told.is_discarded()) {
    const bool over = has_ended(child_.pid());
    if (over || std::chrono::steady_clock::now() > end) {
      if (!over) child_.kill(SIGKILL);
      throw lab::Error("start " + command[0],
                       over ? child_.wait().err : "it offered nothing in 60 s");
    }
    std::this_thread::sleep_for(10ms);
    std::ifstream file(offer);
    told = nlohmann::json::parse(file, nullptr, false);
  }
  fs::remove(offer);
  offered_ = told.get<std::map<std::string, std::string>>();
}

}  // namespace runner
