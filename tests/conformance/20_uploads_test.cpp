// Our parser beside busboy on random bodies in random pieces; our uploads judged by AWS's client,
// in npm's s3rver and in our small S3; and the lab beside its twin.
#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <nlohmann/json.hpp>
#include <random>

#include "lab/net/s3_server.hpp"
#include "multipart.hpp"
#include "storage_sink.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"
#include "support/played.hpp"
#include "support/wait_until.hpp"

namespace lab20 {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::string base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return text;
}

class BesideBusboy : public lab::test::BesideNode {
 protected:
  BesideBusboy() : BesideNode("busboy") {}

  std::size_t below(std::size_t limit) { return random_() % limit; }
  template <std::size_t N>
  std::string one_of(const char* const (&texts)[N]) {
    return texts[below(N)];
  }

  std::string data(const std::string& boundary) {
    const char* const kBits[] = {"\r\n",   "\r",      "\n",        "--",   "-",
                                 "\r\n--", "--bound", "\r\n--bou", "text", "\xff\xfe"};
    std::string made;
    for (auto bits = below(9); bits > 0; --bits) {
      made += one_of(kBits);
      if (below(30) == 0) made += std::string(below(3000), static_cast<char>(below(256)));
    }
    // What would begin with a delimiter is no data; the tests below are about that.
    return ("\r\n" + made).find("\r\n--" + boundary) == std::string::npos ? made : "x";
  }
  std::string part(const std::string& boundary) {
    const char* const kNames[] = {"a",         "b c",           "",
                                  "q\\\"uote", "back\\\\slash", "\xc3\xbc"};
    const char* const kFiles[] = {"f.png", "../../etc/passwd", "C:\\dir\\f.png", "",
                                  "a;b=c"};
    const char* const kTypes[] = {"image/png", "TEXT/Plain; format=flowed", "text/html",
                                  "application/octet-stream", "application/json"};
    std::string disposition = one_of({"Content-Disposition", "content-disposition"}) +
                              ":" + one_of({" ", "", "\t"}) +
                              one_of({"form-data", "Form-Data"});
    if (below(10)) disposition += "; name=\"" + one_of(kNames) + "\"";
    if (below(3) == 0) disposition += "; filename=\"" + one_of(kFiles) + "\"";
    if (below(12) == 0)
      disposition += one_of({"; x=y", ";z=\"1;2\"", "; name=again", ";;", ";"});
    std::string type = below(2) ? "\r\nContent-Type: " + one_of(kTypes) : "";
    std::string other = below(4) ? "" : "\r\nX-Other: a: b";
    std::string head = below(15) ? disposition + type + other : "X: y" + type;
    if (below(8) == 0 && !type.empty()) head = type.substr(2) + "\r\n" + disposition;
    if (below(60) == 0)
      head += one_of({"\r\nno colon", "\r\n: no name", "\r\nA: \x01", "\r\n"});
    return "--" + boundary + "\r\n" + head + "\r\n\r\n" + data(boundary) + "\r\n";
  }

  struct Case {
    std::string boundary;
    std::vector<std::string> pieces;
  };
  Case next() {
    Case made{.boundary = one_of({"boundary", "bound=1", "boundary--", "x"}),
              .pieces = {}};
    std::string body = below(6) ? "" : data(made.boundary) + "\r\n";
    for (auto parts = below(5); parts > 0; --parts) body += part(made.boundary);
    body += "--" + made.boundary + "--" + one_of({"", "\r\n", "\r\nepilogue"});
    if (below(8) == 0) body.resize(below(body.size()));
    const std::size_t most = below(3) == 0 ? body.size() + 1 : 1 + below(40);
    for (std::size_t at = 0; at < body.size();) {
      made.pieces.push_back(body.substr(at, 1 + below(most)));
      at += made.pieces.back().size();
    }
    return made;
  }

  static json ours(const Case& one) {
    json parts = json::array();
    std::string bytes;
    Progress progress = Progress::more;
    MultipartParser parser(
        one.boundary,
        {.on_part =
             [&](const Part& part) {
               parts.push_back({{"name", base64(part.name)}, {"type", part.type}});
               if (part.file_name) parts.back()["file"] = base64(*part.file_name);
               bytes.clear();
             },
         .on_data = [&](std::string_view more) { bytes += more; },
         .on_part_end = [&] { parts.back()["data"] = base64(bytes); }});
    for (const std::string& piece : one.pieces) progress = parser.write(piece);
    return {{"whole", progress == Progress::whole}, {"parts", parts}};
  }
  static std::vector<json> theirs(const std::vector<Case>& cases) {
    json asked = json::array();
    for (const Case& one : cases) {
      asked.push_back(
          {{"boundary", '"' + one.boundary + '"'}, {"pieces", json::array()}});
      for (const std::string& piece : one.pieces)
        asked.back()["pieces"].push_back(base64(piece));
    }
    std::vector<json> answers;
    for (json& answer :
         json::parse(lab::test::answer_of_node("20_uploads.mjs", asked.dump())))
      answers.push_back(
          {{"whole", answer["error"] == ""}, {"parts", std::move(answer["parts"])}});
    return answers;
  }
  static bool agree(const std::string& body) {
    const Case one{"b", {body}};
    return ours(one) == theirs({one}).front();
  }

  std::mt19937 random_{2020};
};

TEST_F(BesideBusboy, ReadsTenThousandBodiesAlike) {
  std::vector<Case> cases;
  for (int i = 0; i < 10'000; ++i) cases.push_back(next());
  const std::vector<json> other = theirs(cases);
  ASSERT_EQ(other.size(), cases.size());
  std::size_t whole = 0, files = 0, parts = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    std::string body;
    for (const std::string& piece : cases[i].pieces) body += piece;
    const json mine = ours(cases[i]);
    ASSERT_EQ(mine["whole"], other[i]["whole"])
        << i << ": " << testing::PrintToString(body);
    if (!mine["whole"]) continue;
    ASSERT_EQ(mine, other[i]) << i << ": " << testing::PrintToString(body);
    ++whole;
    parts += mine["parts"].size();
    for (const json& part : mine["parts"]) files += part.contains("file");
  }
  EXPECT_GT(whole, 7000U);
  EXPECT_LT(whole, 9500U);
  EXPECT_GT(files, 2000U);
  EXPECT_GT(parts, files + 2000);
}

TEST_F(BesideBusboy, DiffersWhereWeAreStricter) {
  const std::string head = "Content-Disposition: form-data; name=a", end = "\r\n--b--";
  EXPECT_TRUE(agree("--b\r\n" + head + "\r\n\r\nx" + end));
  EXPECT_FALSE(agree("--b\r\n" + head + "\r\n\r\nx\r\n--bc" + end))
      << "what goes on after a boundary: busboy drops the part's rest, we refuse the "
         "body";
  EXPECT_FALSE(agree("--b\r\n" + head + "\r\n folded\r\n\r\nx" + end))
      << "a folded header: busboy joins it, we refuse it as RFC 9112 does";
}

class JudgedByAws : public lab::test::BesideNode {
 protected:
  JudgedByAws() : BesideNode("@aws-sdk/client-s3") {}
  void SetUp() override {
    BesideNode::SetUp();
    unsetenv("LAB_S3_URL");
  }
  static json aws(std::vector<std::string> args) {
    args.insert(args.begin(), lab::test::source("tests/conformance/20_storage.mjs"));
    return json::parse(lab::test::output_of_node(args, {.deadline = 30s}));
  }
};

TEST_F(JudgedByAws, OurSmallS3DoesWhatAwsClientAsksAndRefusesAForgedSignature) {
  const lab::S3Server storage;
  const json told = aws({"work", storage.url()});
  EXPECT_EQ(told, (json{{"put", true},
                        {"large", true},
                        {"open", 1},
                        {"left", 0},
                        {"listed", (5 << 20) + 10},
                        {"aborted", "NoSuchUpload"},
                        {"absent", "NoSuchKey"},
                        {"forged", "SignatureDoesNotMatch"}}));
}

TEST_F(JudgedByAws, WhatWeUploadIntoS3rverIsWhatAwsClientReads) {
  const lab::test::TempFolder folder;
  const lab::test::NodeServer server({"20_storage.mjs", "s3rver", folder.path()});
  const std::string& url = server.url();
  ASSERT_FALSE(url.empty());

  for (const std::size_t size : {0UL, 1000UL, (11UL << 20) + 7}) {
    std::string all(size, '\0');
    for (std::size_t i = 0; i < size; ++i) all[i] = static_cast<char>(i * 7 + i / 256);
    lab::uv::Loop loop;
    int rooms = 0;
    const auto sink =
        storage_sink(loop, lab::s3::Bucket(url), "a key", 5 << 20, [&] { ++rooms; });
    const auto turn = [&] { loop.run(UV_RUN_ONCE); };
    for (std::size_t at = 0; at < size; at += 60'000) {
      const int before = rooms;
      if (sink->write(std::string_view(all).substr(at, 60'000))) continue;
      lab::test::wait_until(
          "there is room", [&] { return rooms > before; }, turn);
    }
    std::optional<bool> stored;
    sink->finish([&](bool is) { stored = is; });
    lab::test::wait_until(
        "it is stored", [&] { return stored.has_value(); }, turn);
    EXPECT_TRUE(*stored);
    EXPECT_EQ(aws({"read", url, "a key"}),
              (json{{"size", size}, {"sha256", lab::s3::hash_hex("SHA256", all)}}));
  }
}

class BesideMulter : public lab::test::BesideNode {
 protected:
  BesideMulter() : BesideNode("multer") {}
};

TEST_F(BesideMulter, TheLabAndExpressReplyAlikeWhereMulterLooks) {
  const auto ours =
      lab::test::play("20_uploads", {"--quick", "--scene", "claims"}).rows();
  const auto theirs = lab::test::twin("20_uploads");
  for (const char* request : {"an image after the field album",
                              "an image before the field album", "../../etc/passwd"})
    EXPECT_EQ(ours.at(request), theirs.at(request)) << request;
  EXPECT_EQ(ours.at("101 fields").substr(0, 3), theirs.at("101 fields").substr(0, 3));
  // multer 2.5 does not look at the bytes.
  for (const auto& [request, status] : {std::pair{"a script as an image", "415"},
                                        {"an image as text", "415"},
                                        {"a gzip that expands to 12 MiB", "413"}}) {
    EXPECT_EQ(ours.at(request).substr(0, 3), status);
    EXPECT_EQ(theirs.at(request).substr(0, 3), "201");
  }
  EXPECT_EQ(theirs.at("formidable's own limit in MiB"), "200");
}

}  // namespace
}  // namespace lab20
