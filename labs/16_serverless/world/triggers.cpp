#include "world/triggers.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "lab/core/error.hpp"

namespace lab16 {

using Json = nlohmann::json;

namespace {

// A name or a body may hold any bytes.
std::string text_of(const Json& event) {
  return event.dump(-1, ' ', false, Json::error_handler_t::replace);
}

int status_of(Result::Outcome outcome) {
  if (outcome == Result::Outcome::throttled) return 429;
  return outcome == Result::Outcome::done ? 200 : 502;
}

}  // namespace

Gateway::Gateway(lab::uv::Loop& loop, Host& host)
    : server_(loop,
              [&host](const lab::http::Request& request, auto reply) {
                const Json event{{"path", request.target}, {"work", true}};
                host.invoke(text_of(event), [reply](const Result& result) {
                  reply({.status = status_of(result.outcome), .body = result.body});
                });
              }),
      port_(server_.listen()) {
}

Bucket::Bucket(lab::uv::Loop& loop, const std::filesystem::path& folder, Host& host)
    : host_(host),
      watch_(static_cast<int>(
          lab::check_errno(inotify_init1(IN_NONBLOCK | IN_CLOEXEC), "watch a folder"))),
      poll_(loop, watch_.get()) {
  lab::check_errno(
      inotify_add_watch(watch_.get(), folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO),
      "watch " + folder.string());
  poll_.start(UV_READABLE, [this] { read_names(); });
}

void Bucket::read_names() {
  alignas(inotify_event) char bytes[16 << 10];
  ssize_t size;
  while ((size = read(watch_.get(), bytes, sizeof bytes)) > 0) {
    for (const char* at = bytes; at < bytes + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      if (event->len) host_.deliver(text_of({{"key", std::string(event->name)}}));
      at += sizeof *event + event->len;
    }
  }
}

}  // namespace lab16
