// Signatures beside the examples that AWS publishes for S3, and what a server refuses.
// docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, sigv4-query-string-auth
#include "lab/net/s3.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <map>
#include <stdexcept>

#include "lab/core/error.hpp"
#include "lab/net/s3_server.hpp"

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

TEST_F(SignedRequest, OfAPresignedUrlIsNotGoodLongBeforeItsTimeOrWithALongerSignature) {
  request_ = {.target = bucket_.presigned("GET", "a.png", 60s, 1'000'000),
              .headers = {{"Host", "127.0.0.1:9000"}}};
  EXPECT_TRUE(accepted(1'000'000 - 900));
  EXPECT_FALSE(accepted(1'000'000 - 901));
  request_.target += "0";
  EXPECT_FALSE(accepted());
}

TEST_F(SignedRequest, MayBeOfTheFirstSecondThatThereIs) {
  request_ = bucket_.request("GET", "", {}, "", 0);
  EXPECT_TRUE(accepted(0));
  request_.headers[2].second = "yesterday";
  EXPECT_FALSE(accepted(0));
}

TEST_F(SignedRequest, IsRefusedUnderAnotherNameOrInAnotherRegion) {
  EXPECT_FALSE(is_signed(request_, {"other", "secret"}, 1'000'000));
  EXPECT_FALSE(is_signed(request_, {"key", "secret", "eu-west-1"}, 1'000'000));
}

// What a client says that signs what it likes.
http::Request signed_by_hand(const std::map<std::string, std::string>& headers,
                             const std::string& body_hash) {
  const Account account{"key", "secret"};
  const SignedParts parts{.method = "PUT",
                          .path = "/photos/k",
                          .headers = headers,
                          .body_hash = body_hash,
                          .time = "19700112T134640Z"};
  std::string names;
  for (const auto& header : headers) names += (names.empty() ? "" : ";") + header.first;
  return {
      .method = "PUT",
      .target = "/photos/k",
      .body = "bytes",
      .headers = {{"HOST", "h"},
                  {"X-Amz-Content-Sha256", body_hash},
                  {"X-Amz-Date", parts.time},
                  {"Authorization",
                   "AWS4-HMAC-SHA256 "
                   "Credential=key/19700112/us-east-1/s3/aws4_request,SignedHeaders=" +
                       names + ",Signature=" + signature(account, parts)}}};
}

TEST_F(SignedRequest, MayLeaveItsBodyUnsignedIfItSaysSoButNotItsHost) {
  const std::string date = "19700112T134640Z";
  request_ = signed_by_hand({{"host", "h"}, {"x-amz-date", date}}, "UNSIGNED-PAYLOAD");
  EXPECT_TRUE(accepted());
  request_.body = "others";
  EXPECT_TRUE(accepted());
  request_ = signed_by_hand({{"x-amz-date", date}}, "UNSIGNED-PAYLOAD");
  EXPECT_FALSE(accepted());
  request_ = signed_by_hand({{"host", "h"}, {"x-amz-date", date}}, kNoBody);
  EXPECT_FALSE(accepted()) << "that is not the hash of its body";
}

TEST(S3Target, IsTakenApartAndDecoded) {
  const Target target("/%41%20b/%c3%BC%4?x=1&flag&y=a=b&z%5a=%2B%2&none=%4g%zz&end=%7E");
  EXPECT_EQ(target.path, "/A b/ü%4");
  const Query expected = {{"x", "1"},    {"flag", ""},       {"y", "a=b"},
                          {"zZ", "+%2"}, {"none", "%4g%zz"}, {"end", "~"}};
  EXPECT_EQ(target.query, expected);
  EXPECT_TRUE(Target("/plain").query.empty());
  EXPECT_TRUE(Target("/plain?").query.empty());
}

TEST(S3Bucket, ReadsEachPartOfItsUrl) {
  const Bucket bucket("http://k:s:e@c@127.1.2.3:65535/b");
  EXPECT_EQ(bucket.account().key_id, "k");
  EXPECT_EQ(bucket.account().secret, "s:e@c");
  EXPECT_EQ(ntohs(bucket.address().sin_port), 65535);
  EXPECT_EQ(ntohl(bucket.address().sin_addr.s_addr), 0x7f010203u);
  EXPECT_EQ(bucket.request("GET", "").target, "/b");
  EXPECT_EQ(bucket.request("GET", "x").target, "/b/x");
  EXPECT_EQ(bucket.request("GET", "").headers[0].second, "127.1.2.3:65535");
  EXPECT_EQ(ntohs(Bucket("http://k:s@127.0.0.1/b").address().sin_port), 80);
  EXPECT_EQ(ntohs(Bucket("http://k:s@127.0.0.1:1/b").address().sin_port), 1);
}

// --- our own server ---

class S3ServerTest : public testing::Test {
 protected:
  S3ServerTest() { unsetenv("LAB_S3_URL"); }

  http::Response send(const char* method, const std::string& key, const Query& query = {},
                      std::string body = {}) const {
    return server_.send(server_.bucket().request(method, key, query, std::move(body)));
  }
  std::string begin(const std::string& key) const {
    const std::string said = send("POST", key, {{"uploads", ""}}).body;
    const auto at = said.find("<UploadId>") + 10;
    return said.substr(at, said.find('<', at) - at);
  }
  http::Response part(const std::string& key, const std::string& id, int number,
                      std::string body) const {
    return send("PUT", key, {{"partNumber", std::to_string(number)}, {"uploadId", id}},
                std::move(body));
  }

  const S3Server server_;
};

TEST_F(S3ServerTest, KeepsAnObjectUntilItIsDeleted) {
  EXPECT_TRUE(server_.ours());
  EXPECT_EQ(send("GET", "a/b").status, 404);
  EXPECT_EQ(send("PUT", "a/b", {}, "first").status, 200);
  EXPECT_EQ(send("PUT", "a/b", {}, "bytes!").status, 200);
  const http::Response got = send("GET", "a/b");
  EXPECT_EQ(got.body, "bytes!");
  EXPECT_EQ(got.content_type, "application/octet-stream");
  const http::Response head = send("HEAD", "a/b");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(server_.size_of("a/b"), 6u);
  EXPECT_EQ(server_.size_of("a/c"), 0u);
  EXPECT_EQ(send("DELETE", "a/b").status, 200);
  EXPECT_THAT(send("GET", "a/b").body, testing::HasSubstr("<Code>NoSuchKey</Code>"));
  EXPECT_EQ(server_.size_of("a/b"), 0u);
}

TEST_F(S3ServerTest, RefusesWhatIsNotSigned) {
  http::Request request = server_.bucket().request("PUT", "a", {}, "bytes");
  request.body = "others";
  const http::Response refused = server_.send(request);
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, testing::HasSubstr("SignatureDoesNotMatch"));
  EXPECT_EQ(server_.size_of("a"), 0u);
}

TEST_F(S3ServerTest, ListsTheObjectsWhoseNamesBeginSo) {
  for (const char* key : {"x/1", "x/2", "y/1"}) send("PUT", key, {}, key);
  const std::string list = send("GET", "", {{"list-type", "2"}, {"prefix", "x/"}}).body;
  EXPECT_THAT(list, testing::HasSubstr("<Key>x/1</Key><Size>3</Size>"));
  EXPECT_THAT(list, testing::HasSubstr("<Key>x/2</Key>"));
  EXPECT_THAT(list, testing::Not(testing::HasSubstr("y/1")));
}

TEST_F(S3ServerTest, JoinsThePartsOfAnUploadInTheirOrder) {
  const std::string large(5 << 20, 'l');
  const std::string id = begin("joined"), other = begin("other");
  EXPECT_NE(id, other);
  EXPECT_EQ(server_.begun(), 2);
  EXPECT_EQ(server_.unfinished(), 2);
  EXPECT_THAT(
      part("joined", id, 2, "end").headers,
      testing::Contains(testing::Pair("ETag", '"' + hash_hex("MD5", "end") + '"')));
  EXPECT_EQ(part("joined", id, 1, large).status, 200);
  EXPECT_EQ(send("GET", "joined").status, 404) << "it is not complete";
  EXPECT_EQ(send("POST", "joined", {{"uploadId", id}}).status, 200);
  EXPECT_EQ(server_.unfinished(), 1);
  EXPECT_EQ(server_.begun(), 2);
  EXPECT_EQ(server_.size_of("joined"), large.size() + 3);
  EXPECT_EQ(send("GET", "joined").body, large + "end");
  EXPECT_EQ(send("DELETE", "other", {{"uploadId", other}}).status, 204);
  EXPECT_EQ(server_.unfinished(), 0);
  EXPECT_THAT(part("other", other, 1, "late").body, testing::HasSubstr("NoSuchUpload"));
}

TEST_F(S3ServerTest, RefusesAPartBelow5MiBUnlessItIsTheLast) {
  const std::string id = begin("small");
  part("small", id, 1, std::string((5 << 20) - 1, 's'));
  part("small", id, 2, "end");
  const http::Response refused = send("POST", "small", {{"uploadId", id}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, testing::HasSubstr("EntityTooSmall"));
  EXPECT_EQ(send("GET", "small").status, 404);
}

TEST_F(S3ServerTest, IsTheOneThatTheEnvironmentNames) {
  send("PUT", "k", {}, "bytes");
  setenv("LAB_S3_URL", server_.url().c_str(), 1);
  const S3Server given;
  EXPECT_FALSE(given.ours());
  EXPECT_EQ(given.url(), server_.url());
  EXPECT_EQ(given.size_of("k"), 5u);
  setenv("LAB_S3_URL", "http://k:s@127.0.0.1:1/b", 1);
  EXPECT_THROW(S3Server().unfinished(), Error);
  setenv("LAB_S3_URL", "no url", 1);
  EXPECT_THROW(S3Server(), std::invalid_argument);
  setenv("LAB_S3_URL", "", 1);
  EXPECT_TRUE(S3Server().ours());
  unsetenv("LAB_S3_URL");
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
