// storage.hpp: the S3 that $LAB_S3_URL names; else a small one, as slow as we want it.
//
// The small one is a thread of the lab. It keeps objects in memory, refuses what is not
// signed, and knows as much of the API as uploads need.
#pragma once

#include <atomic>
#include <map>
#include <optional>

#include "lab/net/s3.hpp"

namespace lab20 {

class Storage {
 public:
  explicit Storage(int mib_per_second = 100'000);

  bool ours() const { return server_.has_value(); }
  const std::string& url() const { return url_; }
  const lab::s3::Bucket& bucket() const { return *bucket_; }
  lab::http::Response send(const lab::http::Request& request) const;

  int unfinished() const;                               // multipart uploads
  std::uint64_t size_of(const std::string& key) const;  // 0: it is not there
  int begun() const { return begun_; }                  // multipart uploads; ours only

 private:
  using Parts = std::map<int, std::string>;
  lab::http::Response handle(const lab::http::Request& request);
  lab::http::Response upload(const lab::http::Request& request, lab::s3::Target& target);

  std::string url_;
  std::optional<lab::s3::Bucket> bucket_;
  std::map<std::string, Parts> objects_, uploads_;  // by path; by upload id
  std::atomic<int> begun_ = 0;
  std::optional<lab::http::Server> server_;  // last: its thread uses the above
};

}  // namespace lab20
