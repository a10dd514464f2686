#include "storage_sink.hpp"

#include <fmt/format.h>

#include "lab/net/uv_http_client.hpp"

namespace lab20 {

using lab::http::Request;
using lab::http::Response;
using namespace std::chrono_literals;

namespace {

// It outlives its sink until S3 has forgotten the parts.
struct Transfer : std::enable_shared_from_this<Transfer> {
  Transfer(lab::uv::Loop& loop, const lab::s3::Bucket& to, std::string object,
           std::size_t size, std::function<void()> room)
      : bucket(to),
        key(std::move(object)),
        part_size(size),
        on_room(std::move(room)),
        client(loop, to.address()) {}

  // Step 8: one request at a time. After each reply the sink decides what to do next, so a
  // client that leaves during a request is not a special case.
  void next() {
    if (busy) return;
    if (gone) return abort();
    if (failed && on_stored) return std::exchange(on_stored, nullptr)(false);
    if (stored) return std::exchange(on_stored, nullptr)(true);
    const bool is_last = on_stored != nullptr;
    if (failed || (buffer.size() < part_size && !is_last)) return on_room();
    if (upload_id.empty()) return is_last ? put() : create();
    if (buffer.empty()) return complete();
    send_part();
  }

  void send(const Request& request, std::function<void(const Response&)> on_good) {
    busy = true;
    client.request(request, 60s,
                   [self = shared_from_this(), on_good](const auto& result) {
                     self->busy = false;
                     const auto* response = std::get_if<Response>(&result);
                     if (response && response->status / 100 == 2) {
                       on_good(*response);
                     } else {
                       self->failed = true;
                     }
                     self->next();
                   });
  }

  void put() {  // smaller than a part
    send(bucket.request("PUT", key, {}, std::exchange(buffer, {})),
         [this](const Response&) { stored = true; });
  }
  void create() {
    send(
        bucket.request("POST", key, {{"uploads", ""}}), [this](const Response& response) {
          const auto begin = response.body.find("<UploadId>") + 10;
          upload_id = response.body.substr(begin, response.body.find('<', begin) - begin);
        });
  }
  void send_part() {
    const std::string number = std::to_string(etags.size() + 1);
    const std::size_t size = std::min(buffer.size(), part_size);
    std::string rest;
    rest.reserve(part_size + (64 << 10));  // what a read may bring beyond the part
    rest.append(buffer, size);
    buffer.resize(size);
    send(bucket.request("PUT", key, {{"partNumber", number}, {"uploadId", upload_id}},
                        std::exchange(buffer, std::move(rest))),
         [this](const Response& response) {
           for (const auto& [name, value] : response.headers)
             if (name == "ETag" || name == "etag") etags.push_back(value);
         });
  }
  void complete() {
    std::string list;
    for (std::size_t i = 0; i < etags.size(); ++i)
      list += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>",
                          i + 1, etags[i]);
    send(
        bucket.request("POST", key, {{"uploadId", upload_id}},
                       "<CompleteMultipartUpload>" + list + "</CompleteMultipartUpload>"),
        [this](
            const Response& response) {  // S3 may say 200 first, and then that it failed
          stored = response.body.find("<Error>") == std::string::npos;
          failed = !stored;
        });
  }

  // Step 9: S3 keeps, and charges for, parts that nobody completes. If we crash, the
  // bucket's lifecycle rule must remove them. The file may have become whole meanwhile: if
  // nobody was told, it goes too.
  void abort() {
    if (stored) {
      if (std::exchange(on_stored, nullptr))
        send(bucket.request("DELETE", key), [](const Response&) {});
      return;
    }
    if (upload_id.empty()) return;
    send(bucket.request("DELETE", key, {{"uploadId", std::exchange(upload_id, {})}}),
         [](const Response&) {});
  }

  const lab::s3::Bucket bucket;
  const std::string key;
  const std::size_t part_size;
  std::function<void()> on_room;
  std::function<void(bool)> on_stored{};
  lab::uv::HttpClient client;
  std::string buffer{}, upload_id{};
  std::vector<std::string> etags{};
  bool busy = false, failed = false, stored = false, gone = false;
};

struct StorageSink : Sink {
  explicit StorageSink(std::shared_ptr<Transfer> of) : transfer(std::move(of)) {}
  ~StorageSink() override {
    transfer->gone = true;
    transfer->next();
  }
  bool write(std::string_view bytes) override {
    transfer->buffer += bytes;
    if (transfer->buffer.size() < transfer->part_size) return true;
    transfer->next();
    return false;
  }
  void finish(std::function<void(bool)> on_stored) override {
    transfer->on_stored = std::move(on_stored);
    transfer->next();
  }
  bool failed() const override { return transfer->failed; }
  const std::shared_ptr<Transfer> transfer;
};

}  // namespace

std::unique_ptr<Sink> storage_sink(lab::uv::Loop& loop, const lab::s3::Bucket& bucket,
                                   std::string key, std::size_t part_size,
                                   std::function<void()> on_room) {
  return std::make_unique<StorageSink>(std::make_shared<Transfer>(
      loop, bucket, std::move(key), part_size, std::move(on_room)));
}

}  // namespace lab20
