#include "world/clients.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "lab/core/error.hpp"
#include "lab/core/program.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/header_value.hpp"
#include "lab/net/loopback.hpp"
#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"

namespace lab20 {

using lab::http::Request;
using lab::http::Response;
using namespace std::chrono_literals;

std::string part(const std::string& name, const std::string& content,
                 const std::string& file_name, const std::string& type) {
  const std::string file =
      fmt::format("; filename=\"{}\"\r\nContent-Type: {}", file_name, type);
  return fmt::format(
      "--lab20\r\nContent-Disposition: form-data; name=\"{}\"{}\r\n\r\n{}\r\n", name,
      file_name.empty() ? "" : file, content);
}

Request form(const std::string& target, const std::string& parts) {
  return {.method = "POST",
          .target = target,
          .body = parts + "--lab20--\r\n",
          .headers = {{"Content-Type", "multipart/form-data; boundary=lab20"}}};
}

namespace {

// A key has more digits than a person reads: "GET /disk/8dc0bc".
std::string shown(const Request& request) {
  const auto key = request.target.rfind('/') + 1;
  return fmt::format(
      "{} {}{}", request.method, request.target.substr(0, key),
      key > 1 ? request.target.substr(key, 6) : request.target.substr(key));
}

}  // namespace

Response send(std::uint16_t port, Request request, std::string what) {
  if (what.empty()) what = shown(request);
  const auto flow = lab::trace::flow_out(what, {.lane = "client"});
  request.headers.emplace_back("X-Flow", std::to_string(flow));
  lab::http::Client client("127.0.0.1", port);
  const auto result = client.request(request, 10s);
  const auto* response = std::get_if<Response>(&result);
  if (!response) return {.status = 0};
  const std::string back = lab::http::find_header(response->headers, "X-Flow");
  if (!back.empty())
    lab::trace::flow_in(std::strtoull(back.c_str(), nullptr, 10),
                        std::to_string(response->status), {.lane = "client"});
  return *response;
}

std::string key_of(const Response& reply) {
  return reply.body.substr(0, reply.body.find(' '));
}

Sent curl(std::uint16_t port, const std::string& target, std::uint64_t file_bytes) try {
  const auto file = lab::run_dir() / "zeros";
  std::ofstream(file).close();
  std::filesystem::resize_file(file, file_bytes);
  lab::Child child = lab::Child::run(
      {"curl", "-s", "-H", "Expect:", "-F", "file=@" + file.string(), "-w",
       " %{size_upload}", fmt::format("http://127.0.0.1:{}{}", port, target)},
      {.deadline = 5min});
  const std::string out = child.wait().out;
  return {out.substr(0, out.find(' ')),
          std::stoull("0" + out.substr(out.rfind(' ') + 1))};
} catch (const lab::Error&) {
  throw lab::Absent("curl is not installed: sudo apt install curl");
}

void vanish_after(std::uint16_t port, const Request& request, std::size_t bytes) {
  const std::string all =
      fmt::format("{} {} HTTP/1.1\r\nHost: lab\r\nContent-Length: {}\r\n{}: {}\r\n\r\n{}",
                  request.method, request.target, request.body.size(),
                  request.headers[0].first, request.headers[0].second, request.body);
  const lab::Descriptor socket = lab::loopback::socket();
  lab::loopback::connect(socket, port);
  for (std::size_t sent = 0; sent < std::min(bytes, all.size());) {
    const auto size = std::min(bytes, all.size()) - sent;
    const auto taken = ::send(socket.get(), all.data() + sent, size, MSG_NOSIGNAL);
    if (taken <= 0) return;
    sent += static_cast<std::size_t>(taken);
  }
}

bool soon(const std::function<bool()>& is_so) {
  for (int i = 0; i < 10'000 && !is_so(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return is_so();
}

}  // namespace lab20
