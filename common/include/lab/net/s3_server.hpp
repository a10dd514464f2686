// s3_server.hpp: an S3 for this run.
//
// The one that $LAB_S3_URL names (see s3.hpp); else a small one of our own, which keeps
// objects in memory. It refuses what is not signed, and parts under 5 MiB, as S3 does.
//
// Threads   Ours is a thread; all calls are safe from any other.
// Errors    A $LAB_S3_URL that is none: std::invalid_argument. Nobody answers: lab::Error.
// Left out  Of ours: everything but objects, multipart uploads and the lists of them; and a
//           complete request gets all parts that came, whichever it names.
#pragma once

#include <atomic>
#include <map>
#include <optional>

#include "lab/net/s3.hpp"

namespace lab {

class S3Server {
 public:
  // How fast ours takes bytes: it replies when they would have been written.
  explicit S3Server(int mib_per_second = 100'000);

  bool ours() const { return server_.has_value(); }
  const std::string& url() const { return url_; }
  const s3::Bucket& bucket() const { return *bucket_; }
  http::Response send(const http::Request& request) const;

  int unfinished() const;  // multipart uploads, as it lists them
  std::uint64_t size_of(
      const std::string& key) const;    // as it lists it; 0: it is not there
  int begun() const { return begun_; }  // multipart uploads; of ours only

 private:
  using Parts = std::map<int, std::string>;
  http::Response handle(const http::Request& request);
  http::Response upload(const http::Request& request, s3::Target& target);

  std::string url_;
  std::optional<s3::Bucket> bucket_;
  std::map<std::string, Parts> objects_, uploads_;  // by path; by upload id
  std::atomic<int> begun_ = 0;
  std::optional<http::Server> server_;  // last: its thread uses the above
};

}  // namespace lab
