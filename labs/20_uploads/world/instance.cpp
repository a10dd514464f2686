#include "world/instance.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <fstream>

#include "lab/core/trace.hpp"
#include "lab/net/header_value.hpp"
#include "lab/net/loopback.hpp"
#include "lab/net/uv_http_client.hpp"
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
  bool write(std::string_view bytes) override { return bytes_ += bytes, true; }
  void finish(std::function<void(bool)> on_stored) override { on_stored(true); }
  std::string bytes_;
};

// It blocks the loop while it writes; a server with more to do hands that to the pool.
class DiskSink : public Sink {
 public:
  explicit DiskSink(const std::string& path)
      : path_(path),
        part_(path + ".part"),
        file_(open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {}
  ~DiskSink() override { unlink(part_.c_str()); }

  bool write(std::string_view bytes) override {
    const auto size = static_cast<ssize_t>(bytes.size());
    failed_ = failed_ || ::write(file_.get(), bytes.data(), bytes.size()) != size;
    return true;
  }
  void finish(std::function<void(bool)> on_stored) override {
    on_stored(!failed_ && rename(part_.c_str(), path_.c_str()) == 0);
  }

 private:
  const std::string path_, part_;
  lab::Descriptor file_;
  bool failed_ = false;
};

struct Flood : Upload {
  using Upload::Upload;
  bool write(std::string_view bytes) override { return Upload::write(bytes) || true; }
};

class Service {
 public:
  Service(lab::uv::Loop& loop, std::span<const std::string> args)
      : loop_(loop),
        name_(args[1]),
        folder_(args[2]),
        bucket_(args[3]),
        part_size_(std::stoul(args[4])),
        limits_{.file_bytes = std::stoull(args[5])} {}

  std::unique_ptr<Upload> handle(const Request& head,
                                 const BodyServer::Exchange& client) {
    const std::string way = head.target;
    const std::string flow = lab::http::find_header(head.headers, "X-Flow");
    if (!flow.empty()) trace::flow_in(std::stoull(flow), way, {.lane = name_});
    if (head.method == "GET") return get(way, client), nullptr;
    const auto open = [this, way](const File& file, std::function<void()> on_room) {
      return open_sink(way, file.key, std::move(on_room));
    };
    const auto on_outcome = [this, client](const Outcome& outcome) {
      const File& file = outcome.file;
      const std::string& why = outcome.why;
      trace::instant(why.empty() ? "stored" : why, {.lane = name_});
      client.reply({.status = outcome.status,
                    .body = !why.empty()
                                ? why
                                : fmt::format("{} {} {}", file.key, file.fields_before,
                                              file.shown_name)});
    };
    const std::string type = lab::http::find_header(head.headers, "Content-Type");
    if (way == "/flood")
      return std::make_unique<Flood>(type, limits_, open, client.resume, on_outcome);
    return std::make_unique<Upload>(type, limits_, open, client.resume, on_outcome);
  }

 private:
  std::unique_ptr<Sink> open_sink(const std::string& way, const std::string& key,
                                  std::function<void()> on_room) {
    if (way == "/memory") return std::make_unique<MemorySink>();
    if (way == "/disk") return std::make_unique<DiskSink>(folder_ / key);
    return std::make_unique<StorageSink>(loop_, lab::s3::Bucket(bucket_), key, part_size_,
                                         std::move(on_room));
  }

  void get(const std::string& target, const BodyServer::Exchange& client) {
    const std::string key = fs::path(target).filename();
    if (!target.starts_with("/s3/")) {
      std::ifstream file(folder_ / key);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      return client.reply({.status = file ? 200 : 404, .body = bytes});
    }
    const lab::s3::Bucket bucket(bucket_);
    const auto storage = std::make_shared<lab::uv::HttpClient>(loop_, bucket.address());
    storage->request(bucket.request("GET", key), 10s,
                     [storage, client](const auto& result) {
                       const auto* response = std::get_if<Response>(&result);
                       client.reply(response ? *response : Response{.status = 502});
                     });
  }

  lab::uv::Loop& loop_;
  const std::string name_;
  const fs::path folder_;
  const std::string bucket_;
  const std::size_t part_size_;
  const Limits limits_;
};

}  // namespace

Instance::Instance(const Setting& setting) : folder_(lab::run_dir() / setting.name) {
  fs::create_directory(folder_);
  const lab::Descriptor listener = lab::loopback::listen();
  port_ = lab::loopback::port_of(listener);
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
  lab::uv::Loop loop;
  Service service(loop, args);
  BodyServer server(loop, lab::Descriptor(std::stoi(args[0])),
                    [&](const Request& head, const auto& client) {
                      return service.handle(head, client);
                    });
  lab::uv::Timer timer(loop);
  const auto tell_memory = [&] {
    trace::counter("MiB in memory", static_cast<double>(lab::resident_bytes() >> 20),
                   {.lane = args[1]});
  };
  timer.start(0ms, tell_memory, 20ms);
  loop.run();
  return 0;
}

}  // namespace lab20
