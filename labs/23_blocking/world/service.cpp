#include "world/service.hpp"

#include <sys/socket.h>

#include "lab/core/error.hpp"
#include "world/jobs.hpp"

namespace lab23 {

using namespace std::chrono_literals;

Service::Service()
    : child_((lab::check_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_),
                               "make a socket pair"),
              lab::Child::role("service", {std::to_string(ends_[1])},
                               {.deadline = 10min, .inherit = {ends_[1]}}))),
      socket_(ends_[0]) {
  close(ends_[1]);
}

void Service::sum(lab::uv::Loop& loop, std::uint64_t steps,
                  std::function<void(std::uint64_t)> on_result) {
  const ssize_t asked = send(socket_.get(), &steps, sizeof steps, MSG_NOSIGNAL);
  if (asked != sizeof steps) return on_result(0);  // it is gone
  answer_.emplace(loop, socket_.get());
  answer_->start(UV_READABLE, [this, on_result] {
    std::uint64_t result = 0;
    const ssize_t got = read(socket_.get(), &result, sizeof result);
    answer_.reset();  // its loop may go before this service
    on_result(got == sizeof result ? result : 0);
  });
}

int service_main(std::span<const std::string> args) {
  if (args.size() != 1) return 2;
  const lab::Descriptor socket(std::stoi(args[0]));
  std::uint64_t steps = 0;
  while (read(socket.get(), &steps, sizeof steps) == sizeof steps) {
    const std::uint64_t result = sum(steps);
    lab::check_errno(write(socket.get(), &result, sizeof result), "answer");
  }
  return 0;
}

}  // namespace lab23
