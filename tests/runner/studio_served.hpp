// studio_served.hpp: a studio on a thread of its own, and the browsers that meet it. The
// labs are shell scripts.
#pragma once

#include <gmock/gmock.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <string>
#include <thread>

#include "fake_place.hpp"
#include "lab/net/raw_peer.hpp"
#include "studio/studio.hpp"
#include "support/wait_until.hpp"

namespace runner {

using lab::test::wait_until;
using lab::websocket::RawPeer;

inline constexpr const char* kToken = "0123456789abcdef0123456789abcdef";
inline constexpr const char* kDescribe =
    R"({"live":true,"scenes":[{"name":"rise","title":"x"}],"knobs":[{"name":"rate","help":"","unit":"","initial":5,"least":1,"most":10,"whole":true,"switch":false,"choices":[]}]})";

// Describes itself, and otherwise does `rest`.
inline std::string script(const std::string& rest) {
  return std::string("if [ \"$1\" = --describe ]; then echo '") + kDescribe +
         "'; exit; fi\n" + rest;
}

inline std::string event(int number) {
  return R"({"name":"tick )" + std::to_string(number) +
         R"(","ph":"i","ts":1,"pid":1,"tid":1,"cat":"instant","args":{}})";
}

inline const std::string kHonest =
    script("echo '" + claim_line("05.1", true) + "'\necho '" + event(1) + "'\necho '" +
           end_line(1) + "'\n");
inline const std::string kEndless = script("echo '" + event(1) + "'\nexec sleep 100\n");

// Of lab 05: a prediction of whether its claim holds, and one that its reader grades.
inline constexpr const char* kDrill = R"([
{"id": "05-what-then", "kind": "scenario", "question": "Does it hold?",
 "play": {"scene": "rise", "knobs": {"rate": 7}, "claim": "05.1"}, "predict": "outcome"},
{"id": "05-why", "kind": "followup", "question": "Why?", "answer": "because"}
])";

// Patient: a machine may be busy, and no test is about how fast an answer comes.
inline constexpr std::chrono::seconds kPatient{50};

// What a browser knows of a studio.
class Door {
 public:
  Door() = default;
  Door(std::uint16_t port, std::string token) : port_(port), token_(std::move(token)) {}

  std::uint16_t port() const { return port_; }
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string cookie() const {
    return "Cookie: underloop_" + std::to_string(port_) + "=" + token_ + "\r\n";
  }

  // The whole answer, head and body.
  std::string send(const std::string& bytes) const {
    RawPeer peer(port_, kPatient);
    peer.send(bytes);
    std::string answer = peer.read_head();
    while (const auto rest = peer.read_bytes()) answer += *rest;
    return answer;
  }
  std::string ask(const std::string& method, const std::string& target,
                  const std::string& headers) const {
    return send(method + " " + target + " HTTP/1.1\r\n" + headers + "\r\n");
  }
  std::string get(const std::string& target, const std::string& more = "") const {
    return ask("GET", target, "Host: " + host() + "\r\n" + cookie() + more);
  }
  // The body alone.
  Json json(const std::string& target) const {
    const std::string answer = get(target);
    return Json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  }

 protected:
  std::uint16_t port_ = 0;
  std::string token_{};
};

inline StudioOptions patient() {
  StudioOptions options;
  options.socket.handshake_time = kPatient;
  options.socket.message_time = kPatient;
  options.socket.close_time = kPatient;
  options.socket.idle_time = 2 * kPatient;
  return options;
}

inline StudioOptions options_in(const FakePlace& place,
                                StudioOptions options = patient()) {
  place.write("web/index.html", "<p>hello");
  place.write("web/app.js", "let plain");
  place.write("web/app.js.gz", "packed");
  options.place = place.place();
  options.data = place.place().root;
  options.web = place.place().root / "web";
  options.token = kToken;
  return options;
}

// A studio on a thread of its own.
class Served : public Door {
 public:
  explicit Served(const FakePlace& place, StudioOptions wanted = patient()) {
    std::signal(SIGPIPE, SIG_IGN);
    token_ = kToken;
    const StudioOptions options = options_in(place, std::move(wanted));
    std::atomic<bool> ready = false;
    thread_ = std::thread([this, options, &ready] {
      Studio studio(options);
      port_ = studio.port();
      ready = true;
      ready.notify_one();
      while (!ended_) studio.turn(std::chrono::milliseconds(5));
    });
    ready.wait(false);
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() {
    ended_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

// A browser's WebSocket.
class Browser {
 public:
  explicit Browser(const Door& served, const std::string& origin = "", bool cookie = true)
      : peer_(served.port(), kPatient) {
    peer_.send("GET /socket HTTP/1.1\r\nHost: " + served.host() +
               "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: "
               "13\r\n" +
               (cookie ? served.cookie() : "") +
               (origin.empty() ? "" : "Origin: " + origin + "\r\n") + "\r\n");
    head_ = peer_.read_head();
  }

  const std::string& head() const { return head_; }
  void say(const Json& message) { say_text(message.dump()); }
  void say_text(const std::string& text) {
    peer_.send(lab::websocket::frame(lab::websocket::kText, text));
  }

  // The next message; null at the end of the connection.
  Json hear() {
    const auto frame = peer_.read_frame();
    if (!frame || frame->opcode != lab::websocket::kText) return nullptr;
    EXPECT_LE(frame->payload.size(), 64u << 10);
    return Json::parse(frame->payload);
  }
  Json hear(const std::string& is) {
    for (Json message; !(message = hear()).is_null();) {
      if (message["is"] == is) return message;
    }
    return nullptr;
  }
  std::string run(Json message) {
    message["do"] = "run";
    message["lab"] = "05";
    say(message);
    Json answer = hear();
    return answer["is"] == "started" ? answer["run"] : Json(answer.dump());
  }
  RawPeer& peer() { return peer_; }

 private:
  RawPeer peer_;
  std::string head_;
};

class StudioTest : public testing::Test {
 protected:
  FakePlace place_;
};

}  // namespace runner
