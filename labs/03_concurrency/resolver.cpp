#include "resolver.hpp"

#include <arpa/nameser.h>

#include <algorithm>
#include <utility>

#include "lab/core/error.hpp"

namespace lab03 {

using namespace std::chrono_literals;

namespace {

void check_ares(int result, const char* tried) {
  if (result != ARES_SUCCESS) throw lab::Error(tried, ares_strerror(result));
}

}  // namespace

struct Resolver::Question {
  Resolver& resolver;
  Done done;
  bool asked = false;  // resolve() has returned
  int status = 0;
};

// Step 5: DNS without a pool thread. c-ares names the sockets it waits for, and the loop
// tells c-ares when one of them is ready.
Resolver::Resolver(Loop& loop, std::uint16_t server_port,
                   std::chrono::milliseconds patience)
    : loop_(loop),
      tick_(std::clamp<std::chrono::milliseconds>(patience, 1ms, 1s)),
      retry_(loop),
      soon_(loop) {
  ares_options options{};
  options.timeout = static_cast<int>(
      std::clamp<std::chrono::milliseconds>(patience, 1ms, std::chrono::hours(1))
          .count());
  options.tries = 4;  // c-ares had 4, and has 3 since 1.20
  options.sock_state_cb_data = this;
  options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<Resolver*>(self)->watch(fd, readable != 0, writable != 0);
  };
  check_ares(
      ares_init_options(&channel_, &options,
                        ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES),
      "start c-ares");
  const std::string server = "127.0.0.1:" + std::to_string(server_port);
  const int result = ares_set_servers_ports_csv(channel_, server.c_str());
  if (result != ARES_SUCCESS) ares_destroy(channel_);
  check_ares(result, "set the name server");
}

Resolver::~Resolver() {
  ares_destroy(channel_);
  end_early();
}

// c-ares is C and calls this: nothing may be thrown into it.
void Resolver::watch(int fd, bool readable, bool writable) try {
  if (!readable && !writable) {
    polls_.erase(fd);
    if (polls_.empty()) retry_.stop();
    return;
  }
  // c-ares repeats a lost datagram by itself, but somebody has to wake it.
  if (polls_.empty()) {
    const auto wake = [this] {
      ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    };
    retry_.start(tick_, wake, tick_);
  }
  lab::uv::Poll& poll = polls_.try_emplace(fd, loop_, fd).first->second;
  // Its sockets do not block: to try a direction that is not ready yet is harmless.
  poll.start((readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0), [=, this] {
    ares_process_fd(channel_, readable ? fd : ARES_SOCKET_BAD,
                    writable ? fd : ARES_SOCKET_BAD);
  });
} catch (const std::exception&) {
  // A socket that libuv does not watch: the question ends when c-ares' patience does.
}

void Resolver::answered(void* asked, int status, int, unsigned char* bytes, int size) {
  std::unique_ptr<Question> question(static_cast<Question*>(asked));
  ares_addrttl address{};
  int count = 1;
  if (status == ARES_SUCCESS)
    status = ares_parse_a_reply(bytes, size, nullptr, &address, &count);
  question->status = status == ARES_SUCCESS && count == 1 ? 0 : UV_EAI_FAIL;
  if (question->asked) return question->done(question->status);
  Resolver& resolver = question->resolver;  // no name that DNS knows, or nowhere to send
  resolver.early_.push_back(std::move(question));
  resolver.soon_.start(0ms, [&resolver] { resolver.end_early(); });
}

void Resolver::end_early() {
  for (const auto& question : std::exchange(early_, {})) question->done(question->status);
}

void Resolver::resolve(const std::string& name, Done done) {
  auto* question = new Question{.resolver = *this, .done = std::move(done)};
  ares_query(channel_, name.c_str(), ns_c_in, ns_t_a, answered, question);
  question->asked = true;  // here still: c-ares has it, or early_
}

}  // namespace lab03
