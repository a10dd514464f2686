// Signatures beside the examples that AWS publishes for S3, and what a server refuses.
// docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, sigv4-query-string-auth
#include "lab/net/s3.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace lab::s3 {
namespace {

using namespace std::chrono_literals;

const Account kExample{"AKIAIOSFODNN7EXAMPLE",
                       "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
constexpr const char* kTime = "20130524T000000Z";
constexpr const char* kHost = "examplebucket.s3.amazonaws.com";
constexpr const char* kNoBody =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

SignedParts get(std::string path, Query query = {}) {
  return {.method = "GET",
          .path = std::move(path),
          .query = std::move(query),
          .headers = {{"host", kHost},
                      {"x-amz-content-sha256", kNoBody},
                      {"x-amz-date", kTime}},
          .body_hash = kNoBody,
          .time = kTime};
}

TEST(S3Signature, IsThatOfAwsForAnObject) {
  SignedParts parts = get("/test.txt");
  parts.headers["range"] = "bytes=0-9";
  EXPECT_EQ(signature(kExample, parts),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(S3Signature, IsThatOfAwsForAPathThatMustBeEncoded) {
  SignedParts parts = get("/test$file.text");
  parts.method = "PUT";
  parts.body_hash = hash_hex("SHA256", "Welcome to Amazon S3.");
  parts.headers["x-amz-content-sha256"] = parts.body_hash;
  parts.headers["date"] = "Fri, 24 May 2013 00:00:00 GMT";
  parts.headers["x-amz-storage-class"] = "REDUCED_REDUNDANCY";
  EXPECT_EQ(signature(kExample, parts),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(S3Signature, IsThatOfAwsForQueries) {
  EXPECT_EQ(signature(kExample, get("/", {{"lifecycle", ""}})),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_EQ(signature(kExample, get("/", {{"prefix", "J"}, {"max-keys", "2"}})),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(S3Signature, IsThatOfAwsForAPresignedUrl) {
  const SignedParts parts{
      .method = "GET",
      .path = "/test.txt",
      .query = {{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
                {"X-Amz-Credential",
                 "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"},
                {"X-Amz-Date", kTime},
                {"X-Amz-Expires", "86400"},
                {"X-Amz-SignedHeaders", "host"}},
      .headers = {{"host", kHost}},
      .body_hash = "UNSIGNED-PAYLOAD",
      .time = kTime};
  EXPECT_EQ(signature(kExample, parts),
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

// "get-vanilla" of AWS's Signature Version 4 test suite.
TEST(S3Signature, IsThatOfAwsForAnotherService) {
  const SignedParts parts{
      .method = "GET",
      .path = "/",
      .headers = {{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}},
      .body_hash = kNoBody,
      .time = "20150830T123600Z"};
  EXPECT_EQ(signature({.key_id = "AKIDEXAMPLE",
                       .secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                       .service = "service"},
                      parts),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

class SignedRequest : public testing::Test {
 protected:
  const Bucket bucket_{"http://key:secret@127.0.0.1:9000/photos"};
  http::Request request_ =
      bucket_.request("PUT", "a b/ü.png", {{"partNumber", "1"}, {"uploadId", "x+y="}},
                      "bytes", 1'000'000);
  bool accepted(std::time_t now = 1'000'000) const {
    return is_signed(request_, bucket_.account(), now);
  }
};

TEST_F(SignedRequest, IsAccepted) {
  EXPECT_TRUE(accepted());
  EXPECT_EQ(request_.target, "/photos/a%20b/%C3%BC.png?partNumber=1&uploadId=x%2By%3D");
}

TEST_F(SignedRequest, IsRefusedOnceAnythingOfItIsChanged) {
  const http::Request good = request_;
  const auto refused = [&](auto change) {
    request_ = good;
    change(request_);
    return !accepted();
  };
  EXPECT_TRUE(refused([](auto& r) { r.method = "DELETE"; }));
  EXPECT_TRUE(refused([](auto& r) { r.target += "x"; }));
  EXPECT_TRUE(refused([](auto& r) { r.body += "x"; }));
  EXPECT_TRUE(refused([](auto& r) { r.headers[0].second = "elsewhere"; }));
  EXPECT_TRUE(refused([](auto& r) { r.headers[2].second = "19700112T134641Z"; }));
  EXPECT_TRUE(refused([](auto& r) { r.headers.back().second.back() ^= 1; }));
  EXPECT_TRUE(refused([](auto& r) { r.headers.clear(); }));
}

TEST_F(SignedRequest, IsRefusedWithAnotherSecret) {
  const Bucket other("http://key:guess@127.0.0.1:9000/photos");
  EXPECT_FALSE(is_signed(request_, other.account(), 1'000'000));
}

TEST_F(SignedRequest, IsGoodForAQuarterOfAnHour) {
  EXPECT_TRUE(accepted(1'000'000 + 900));
  EXPECT_FALSE(accepted(1'000'000 + 901));
  EXPECT_TRUE(accepted(1'000'000 - 900));
  EXPECT_FALSE(accepted(1'000'000 - 901));
}

TEST_F(SignedRequest, OfAPresignedUrlIsGoodForItsMethodItsKeyAndItsTime) {
  request_ = {.target = bucket_.presigned("GET", "a.png", 60s, 1'000'000),
              .headers = {{"Host", "127.0.0.1:9000"}}};
  EXPECT_TRUE(accepted(1'000'060));
  EXPECT_FALSE(accepted(1'000'061));
  request_.method = "PUT";
  EXPECT_FALSE(accepted());
  request_.method = "GET";
  request_.target.replace(request_.target.find("a.png"), 5, "b.png");
  EXPECT_FALSE(accepted());
}

TEST(S3Bucket, RefusesAUrlThatIsNone) {
  for (const char* url :
       {"", "http://127.0.0.1/b", "http://k:s@127.0.0.1", "http://k:s@127.0.0.1/",
        "http://k:s@somewhere:1/b", "http://k:s@127.0.0.1:0/b",
        "http://k:s@127.0.0.1:99999/b", "https://k:s@127.0.0.1/b"})
    EXPECT_THROW(Bucket{url}, std::invalid_argument) << url;
}

}  // namespace
}  // namespace lab::s3
