// form.cpp: what a form costs on the wire, and what may be believed of it.
#include <algorithm>
#include <cctype>
#include <random>

#include "multipart.hpp"
#include "scenes/scenes.hpp"
#include "world/clients.hpp"
#include "world/instance.hpp"

namespace lab20 {

using lab::Picture;
using lab::Story;

namespace {

// What the parser tells of a body that comes in pieces: the first of them, and the others.
std::string parsed(std::string_view body, std::size_t first, std::size_t others) {
  std::string told;
  MultipartParser parser(
      "lab20",
      {[&](const Part& part) { told += '[' + part.name + ']'; },
       [&](std::string_view bytes) { told += bytes; }, [&] { told += "[end]"; }});
  parser.write(body.substr(0, first));
  for (std::size_t at = first; at < body.size(); at += others)
    parser.write(body.substr(at, others));
  return told;
}

}  // namespace

// Step 10: every place at which a form can be cut, and what three encodings add.
void encoding(Story& story, const Knobs&) {
  story.say(
      "30,000 random bytes travel in three encodings. Then a form with two parts is "
      "cut at every byte, and into pieces of every size. The parser should get the same "
      "result each time.");
  story.picture(Picture::bars, {"Bytes on the wire"});
  std::mt19937 random(20);
  std::string bytes(30'000, '\0');
  std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
  const auto alnum =
      std::ranges::count_if(bytes, [](unsigned char c) { return std::isalnum(c); });
  const auto escaped = bytes.size() - static_cast<std::size_t>(alnum);
  const std::size_t urlencoded = bytes.size() + 2 * escaped + 5;  // "file="
  const std::size_t base64 = bytes.size() / 3 * 4 + 11;           // {"file":""}
  const std::size_t multipart = form("/", part("file", bytes, "photo.png")).body.size();
  story.table({"Bytes on the wire",
               {"encoding", "bytes"},
               {{"multipart/form-data", std::to_string(multipart)},
                {"base64 in JSON", std::to_string(base64)},
                {"urlencoded", std::to_string(urlencoded)}}});

  const std::string near = "a\r\n--lab2\r\n\r--lab20\r\n--lab" + bytes.substr(0, 300);
  const std::string body =
      form("/", part("album", "holiday") + part("file", near, "a.bin")).body;
  const std::string expected = "[album]holiday[end][file]" + near + "[end]";
  std::size_t alike = 0;
  for (std::size_t at = 0; at < body.size(); ++at) {
    alike += parsed(body, at, body.size()) == expected;
    alike += parsed(body, 0, at + 1) == expected;
  }
  const auto added = [&](std::size_t size) {
    return 100.0 * static_cast<double>(size) / static_cast<double>(bytes.size()) - 100;
  };
  story.claim(
      "20.1", added(multipart) < 2 && alike == 2 * body.size(),
      "multipart added {:.1f} %, base64 {:.0f} % and urlencoded {:.0f} %; {} of {} "
      "ways to cut a form gave the same result",
      added(multipart), added(base64), added(urlencoded), alike, 2 * body.size());
  story.takeaway(
      "Multipart carries bytes as they are. Its price is a parser that must expect the "
      "boundary to arrive in pieces.");
}

// Step 11: a form may say anything. Each row is a request to a real server.
void client_claims(Story& story, const Knobs&) {
  story.say(
      "Clients lie about sizes, types and names. A server that looks at the bytes "
      "while they arrive should refuse the bad files, and take the others.");
  story.picture(Picture::sequence, {"client", "server"});
  const Instance server({.file_limit = 8 << 20});
  const std::string bomb =
      lab::Child::run({"sh", "-c", "head -c 12M /dev/zero | gzip"}).wait().out;
  const std::string png = "\x89PNG\r\n\x1a\n and pixels", album = part("album", "x");
  const std::string image = part("file", png, "a.png", "image/png");
  std::string fields;
  for (int i = 0; i < 101; ++i) fields += part(std::to_string(i), "x");
  struct Row {
    const char* what;
    std::string parts, status, result;
  };
  const std::string liar = "it is not what it claims to be";
  const Row rows[] = {
      {"an image after the field album", album + image, "201", "1 a.png"},
      {"an image before the field album", image + album, "201", "0 a.png"},
      {"../../etc/passwd", part("file", "x", "../../etc/passwd"), "201", "0 passwd"},
      {"a script as an image", part("file", "#!/bin/sh", "a.png", "image/png"), "415",
       liar},
      {"an image as text", part("file", png, "a.txt", "text/plain"), "415", liar},
      {"a gzip that expands to 12 MiB", part("file", bomb, "a.gz", "application/gzip"),
       "413", "it expands to too much"},
      {"101 fields", fields, "413", "there are too many fields"},
      {"a boundary that goes on", image + "--lab20x", "400", "the body is malformed"}};
  lab::Table table{"What clients claim", {"request", "status", "result"}, {}};
  int right = 0;
  for (const auto& [what, parts, status, result] : rows) {
    const auto reply = send(server.port(), form("/disk", parts), what);
    const auto key = reply.status == 201 ? reply.body.find(' ') + 1 : 0;
    table.rows.push_back({what, std::to_string(reply.status), reply.body.substr(key)});
    right += table.rows.back() == std::vector<std::string>{what, status, result};
  }
  story.table(table);
  const Sent large = curl(server.port(), "/disk", 200 << 20);
  // The reply comes before what was taken of the file is gone.
  const bool bad_are_gone = soon([&] { return server.files() == 3; });
  story.claim(
      "20.4", right == 8 && large.bytes < 100 << 20 && bad_are_gone,
      "{} of 8 requests were accepted or refused as they should be; {} of 3 good files "
      "are on the disk; with a limit of 8 MiB, a client had sent {} MiB of a 200 MiB "
      "file when it was refused",
      right, server.files(), large.bytes >> 20);
  story.nuance(
      "20.4",
      "A field that comes after the file is unknown while the file is read. When the "
      "file began, the server knew the album in the first form, but not in the second.");
  story.takeaway(
      "Make your own key, look at the first bytes, and count while you read. Put the "
      "fields before the file.");
}

}  // namespace lab20
