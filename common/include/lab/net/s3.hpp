// s3.hpp: requests to S3, SQS, or to what speaks their language, with Signature Version 4.
//
// $LAB_S3_URL is http://KEY:SECRET@127.0.0.1:9000/bucket, of MinIO or s3rver for example.
// $LAB_SQS_URL is http://KEY:SECRET@127.0.0.1:9324/ACCOUNT/QUEUE, of ElasticMQ for example.
//
// Errors    A URL that is none: std::invalid_argument. That a request is not signed as it
//           should be is an answer.
// Source    AWS's "Signature Version 4" with its published examples, which are the tests.
//           For S3 the path is encoded once, and not normalised.
// Left out  TLS; a host by its name; chunked signatures; a query that has a name twice.
#pragma once

#include <netinet/in.h>

#include <chrono>
#include <ctime>
#include <map>
#include <string>
#include <string_view>

#include "lab/net/http.hpp"

namespace lab::s3 {

using Query = std::map<std::string, std::string>;

// Who signs, and for where.
struct Account {
  std::string key_id, secret;
  std::string region = "us-east-1";
  std::string service = "s3";
};

// What such a URL names. A URL that is none throws.
struct Endpoint {
  explicit Endpoint(const std::string& url);
  Account account{};
  std::string host{}, path{};  // "127.0.0.1:9000", "bucket"
  sockaddr_in address{};
};

std::string hash_hex(const char* algorithm,
                     std::string_view bytes);  // as OpenSSL names it

// What a signature covers: another one of any of it makes another signature.
struct SignedParts {
  std::string method, path;  // the path before it is encoded
  Query query{};
  std::map<std::string, std::string> headers{};  // names in small letters
  std::string body_hash{};
  std::string time{};  // "20130524T000000Z"
};
std::string signature(const Account& account, const SignedParts& parts);

// The request with that body, signed now. The parts need a method, a path, the header host,
// and whatever else is to be signed.
http::Request signed_request(const Account& account, SignedParts parts, std::string body,
                             std::time_t now = std::time(nullptr));

// A request's target, taken apart and decoded.
struct Target {
  explicit Target(std::string_view target);
  std::string path;
  Query query{};
};

// As a server sees it: signed by that account, in its headers or in its URL, for this body
// and this hour.
bool is_signed(const http::Request& request, const Account& account,
               std::time_t now = std::time(nullptr));

class Bucket {
 public:
  explicit Bucket(const std::string& url);

  http::Request request(std::string method, const std::string& key,
                        const Query& query = {}, std::string body = {},
                        std::time_t now = std::time(nullptr)) const;

  // The target of a URL that is good for one method on one object and for a while: whoever
  // has it needs no key.
  std::string presigned(std::string method, const std::string& key,
                        std::chrono::seconds valid,
                        std::time_t now = std::time(nullptr)) const;

  const sockaddr_in& address() const { return at_.address; }
  const Account& account() const { return at_.account; }

 private:
  std::string path(const std::string& key) const;

  Endpoint at_;
};

}  // namespace lab::s3
