#include "lab/net/s3_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <cstdlib>

#include "lab/core/error.hpp"

namespace lab {

using http::Request;
using http::Response;
using namespace std::chrono_literals;

namespace {

Response xml(const char* root, const std::string& content) {
  return {.body = fmt::format("<{0}>{1}</{0}>", root, content),
          .content_type = "application/xml"};
}

Response error(int status, const char* code) {
  Response response = xml("Error", fmt::format("<Code>{}</Code>", code));
  response.status = status;
  return response;
}

}  // namespace

S3Server::S3Server(int mib_per_second) {
  if (const char* given = std::getenv("LAB_S3_URL"); given && *given) {
    url_ = given;
    bucket_.emplace(url_);
    return;
  }
  server_.emplace(
      [this, mib_per_second](const Request& request, const auto& reply) {
        const auto takes = request.body.size() * 1000 / 1024 / 1024 /
                           static_cast<std::size_t>(mib_per_second);
        server_->run_after(std::chrono::milliseconds(takes),
                           [reply, response = handle(request)] { reply(response); });
      },
      http::ServerOptions{.body_limit = 64 << 20});
  url_ = fmt::format("http://lab:secret@127.0.0.1:{}/files", server_->port());
  bucket_.emplace(url_);
}

Response S3Server::handle(const Request& request) {
  if (!s3::is_signed(request, bucket_->account()))
    return error(403, "SignatureDoesNotMatch");
  s3::Target target(request.target);
  const bool is_get = request.method == "GET";
  std::string list;
  if (is_get && target.query.contains("uploads")) {
    for (const auto& [id, parts] : uploads_)
      list += "<Upload><UploadId>" + id + "</UploadId></Upload>";
    return xml("ListMultipartUploadsResult", list);
  }
  if (is_get && target.query.contains("list-type")) {
    for (const auto& [path, parts] : objects_) {
      std::size_t size = 0;
      for (const auto& [number, part] : parts) size += part.size();
      const std::string key = path.substr(path.find('/', 1) + 1);
      if (key.starts_with(target.query["prefix"]))
        list +=
            fmt::format("<Contents><Key>{}</Key><Size>{}</Size></Contents>", key, size);
    }
    return xml("ListBucketResult", list);
  }
  if (target.query.contains("uploads") || target.query.contains("uploadId"))
    return upload(request, target);
  if (request.method == "PUT") {
    objects_[target.path] = {{1, request.body}};
    return {};
  }
  const auto found = objects_.find(target.path);
  if (found == objects_.end()) return error(404, "NoSuchKey");
  Response response{.content_type = "application/octet-stream"};
  for (const auto& [number, part] : found->second)
    if (is_get) response.body += part;
  if (request.method == "DELETE") objects_.erase(found);
  return response;
}

// A multipart upload: its beginning, its parts, and how it ends.
Response S3Server::upload(const Request& request, s3::Target& target) {
  if (target.query.contains("uploads")) {
    const std::string id = std::to_string(++begun_);
    uploads_[id];
    return xml("InitiateMultipartUploadResult", "<UploadId>" + id + "</UploadId>");
  }
  const auto found = uploads_.find(target.query["uploadId"]);
  if (found == uploads_.end()) return error(404, "NoSuchUpload");
  if (request.method == "PUT") {
    found->second[std::atoi(target.query["partNumber"].c_str())] = request.body;
    return {.headers = {{"ETag", '"' + s3::hash_hex("MD5", request.body) + '"'}}};
  }
  const Parts parts = std::move(found->second);
  uploads_.erase(found);
  if (request.method == "DELETE") return {.status = 204};
  for (const auto& [number, part] : parts)
    if (part.size() < 5 << 20 && number != parts.rbegin()->first)
      return error(400, "EntityTooSmall");
  objects_[target.path] = parts;
  return xml("CompleteMultipartUploadResult", "");
}

Response S3Server::send(const Request& request) const {
  char host[INET_ADDRSTRLEN] = "";
  inet_ntop(AF_INET, &bucket_->address().sin_addr, host, sizeof host);
  http::Client client(host, ntohs(bucket_->address().sin_port));
  auto result = client.request(request, 10s);
  if (auto* response = std::get_if<Response>(&result)) return std::move(*response);
  throw Error("ask storage", std::get<http::ClientError>(result).message);
}

int S3Server::unfinished() const {
  const std::string list = send(bucket_->request("GET", "", {{"uploads", ""}})).body;
  int count = 0;
  for (auto at = list.find("<Upload>"); at != list.npos;
       at = list.find("<Upload>", at + 1))
    ++count;
  return count;
}

std::uint64_t S3Server::size_of(const std::string& key) const {
  const auto list =
      send(bucket_->request("GET", "", {{"list-type", "2"}, {"prefix", key}}));
  const auto at = list.body.find("<Size>");
  return at == list.body.npos ? 0 : std::stoull(list.body.substr(at + 6));
}

}  // namespace lab
