#include "world/instance.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>

#include <fstream>

#include "lab/core/trace.hpp"
#include "lab/net/header_value.hpp"
#include "lab/net/loopback.hpp"
#include "lab/os/proc.hpp"
#include "lab/os/run_dir.hpp"
#include "storage_sink.hpp"

namespace lab20 {

namespace fs = std::filesystem;
namespace trace = lab::trace;
using lab::http::Request;
using lab::http::Response;
using lab::uv::BodyServer;
using namespace std::chrono_literals;

namespace {

struct MemorySink : Sink {
  bool write(std::string_view bytes) override {
    bytes_ += bytes;
    return true;
  }
  void finish(std::function<void(bool)> on_stored) override { on_stored(true); }
  std::string bytes_;
};

// It blocks the loop while it writes; a server with more to do hands that to the pool.
struct DiskSink : Sink {
  explicit DiskSink(const std::string& path)
      : path_(path),
        file_(open((path + ".part").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                   0600)) {}
  ~DiskSink() override { unlink((path_ + ".part").c_str()); }
  bool write(std::string_view bytes) override {
    const auto size = static_cast<ssize_t>(bytes.size());
    failed_ = failed_ || ::write(file_.get(), bytes.data(), bytes.size()) != size;
    return true;
  }
  void finish(std::function<void(bool)> on_stored) override {
    on_stored(!failed_ && rename((path_ + ".part").c_str(), path_.c_str()) == 0);
  }
  const std::string path_;
  lab::Descriptor file_;
  bool failed_ = false;
};

struct Flood : Upload {
  using Upload::Upload;
  bool write(std::string_view bytes) override { return Upload::write(bytes) || true; }
};

struct Service {
  std::unique_ptr<Upload> handle(const Request& head,
                                 const BodyServer::Exchange& client) {
    const std::string way = head.target;
    const std::string flow = lab::http::find_header(head.headers, "X-Flow");
    if (!flow.empty())
      trace::flow_in(std::strtoull(flow.c_str(), nullptr, 10), way, {.lane = name});
    const auto reply = [client, cause = flow, this](Response response, std::string what) {
      answer(client, cause, std::move(response), what);
    };
    if (!bucket && !way.starts_with("/disk") && way != "/memory")
      return reply({.status = 404}, "no such path"), nullptr;
    if (head.method == "GET") return get(way, reply), nullptr;

    const auto open_sink = [this, way](const std::string& key,
                                       auto on_room) -> std::unique_ptr<Sink> {
      if (way == "/memory") return std::make_unique<MemorySink>();
      if (way == "/disk") return std::make_unique<DiskSink>(folder / key);
      return storage_sink(loop, *bucket, key, part_size, on_room);
    };
    const auto on_outcome = [reply](const Outcome& outcome) {
      const std::string stored =
          fmt::format("{} {} {}", outcome.key, outcome.fields_before, outcome.shown_name);
      const bool is_stored = outcome.why.empty();
      reply({.status = outcome.status, .body = is_stored ? stored : outcome.why},
            is_stored ? "stored" : outcome.why);
    };
    const std::string type = lab::http::find_header(head.headers, "Content-Type");
    if (way == "/flood")
      return std::make_unique<Flood>(type, limits, open_sink, client.resume, on_outcome);
    return std::make_unique<Upload>(type, limits, open_sink, client.resume, on_outcome);
  }

  // Of a file in storage the client gets a URL, and fetches it there.
  void get(const std::string& target,
           const std::function<void(Response, std::string)>& reply) {
    const std::string key = fs::path(target).filename();
    if (key.empty() || key.find_first_not_of("0123456789abcdef") != key.npos)
      return reply({.status = 404}, "no such file");
    if (target.starts_with("/s3/"))
      return reply({.status = 302, .body = bucket->presigned("GET", key, 60s)},
                   "the file's URL in the storage");
    std::ifstream file(folder / key);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    reply({.status = file ? 200 : 404, .body = bytes},
          file ? "the file" : "no such file here");
  }

  // A client that is drawn gets the flow of its reply, too.
  void answer(const BodyServer::Exchange& client, const std::string& cause,
              Response response, const std::string& what) const {
    if (cause.empty()) {
      trace::instant(what, {.lane = name});
    } else {
      const auto flow = trace::flow_out(
          fmt::format("{} {}", response.status, what),
          {.lane = name, .cause = std::strtoull(cause.c_str(), nullptr, 10)});
      response.headers.emplace_back("X-Flow", std::to_string(flow));
    }
    client.reply(std::move(response));
  }

  lab::uv::Loop& loop;
  const std::string name;
  const fs::path folder;
  const std::optional<lab::s3::Bucket> bucket;
  const std::size_t part_size;
  const Limits limits;
};

}  // namespace

Instance::Instance(const Setting& setting) {
  const lab::Descriptor listener = lab::loopback::listen();
  port_ = lab::loopback::port_of(listener);
  folder_ = lab::run_dir() / ("files-" + std::to_string(port_));
  fs::create_directory(folder_);
  child_.emplace(lab::Child::role(
      "instance",
      {std::to_string(listener.get()), setting.name, folder_, setting.storage,
       std::to_string(setting.part_size), std::to_string(setting.file_limit)},
      {.deadline = 10min, .inherit = {listener.get()}}));
  trace::actor(setting.name, trace::Actor::process, pid());
}

std::size_t Instance::files() const {
  const fs::directory_iterator all(folder_);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

int instance_main(std::span<const std::string> args) {
  if (args.size() != 6) return 2;
  mallopt(M_MMAP_THRESHOLD, 1 << 20);  // what held a part goes back to the kernel
  lab::uv::Loop loop;
  std::optional<lab::s3::Bucket> bucket;
  if (!args[3].empty()) bucket.emplace(args[3]);
  const Limits limits{.file_bytes = std::stoull(args[5])};
  Service service{loop, args[1], args[2], bucket, std::stoul(args[4]), limits};
  BodyServer server(loop, lab::Descriptor(std::stoi(args[0])),
                    [&](const Request& head, const auto& client) {
                      return service.handle(head, client);
                    });
  lab::uv::Timer timer(loop);
  const auto tell_memory = [&] {
    const auto mib = static_cast<double>(lab::resident_bytes() >> 20);
    trace::counter("MiB in memory", mib, {.lane = args[1]});
  };
  timer.start(0ms, tell_memory, 20ms);
  loop.run();
  return 0;
}

}  // namespace lab20
