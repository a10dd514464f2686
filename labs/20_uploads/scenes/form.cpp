// form.cpp: what a form costs on the wire, and what may be believed of it.
#include <fmt/format.h>
#include <zlib.h>

#include <random>

#include "multipart.hpp"
#include "scenes/scenes.hpp"
#include "world/browser.hpp"
#include "world/instance.hpp"

namespace lab20 {

using lab::Picture;
using lab::Story;

namespace {

std::string random_bytes(std::size_t count) {
  std::mt19937 random(20);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// What the parser tells of a body that comes in these pieces: each part's head and data.
std::string parsed(std::string_view body, std::size_t first, std::size_t others) {
  std::string told;
  MultipartParser parser(
      "lab20", {.on_part = [&](const Part& part) { told += "[" + part.name + "]"; },
                .on_data = [&](std::string_view bytes) { told += bytes; },
                .on_part_end = [&] { told += "[end]"; }});
  parser.write(body.substr(0, first));
  for (std::size_t at = first; at < body.size(); at += others)
    parser.write(body.substr(at, others));
  return told;
}

// 64 MiB of zeros and more, in some kilobytes.
std::string gzip_bomb() {
  const std::string zeros(80 << 20, '\0');
  std::string packed(1 << 20, '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zeros.data()));
  stream.avail_in = static_cast<uInt>(zeros.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace

// Step 12: every place at which a body can be cut, and what three encodings add.
void encoding(Story& story, const Knobs&) {
  story.say(
      "30,000 random bytes travel in three encodings. Then a form with two parts is cut "
      "at "
      "every byte, and into pieces of every size. It must be read alike each time.");
  story.picture(Picture::bars, {"Bytes on the wire for 30,000"});
  const std::string bytes = random_bytes(30'000);
  std::size_t urlencoded = 5;  // "file="
  for (const unsigned char c : bytes) urlencoded += std::isalnum(c) ? 1 : 3;
  const std::size_t multipart = part("file", bytes, "photo.png").size() + 13;
  const std::size_t base64 = (bytes.size() + 2) / 3 * 4 + 11;  // {"file":""}
  story.table({"Bytes on the wire for 30,000",
               {"encoding", "bytes"},
               {{"multipart/form-data", std::to_string(multipart)},
                {"base64 in JSON", std::to_string(base64)},
                {"urlencoded", std::to_string(urlencoded)}}});

  const std::string near = "a\r\n--lab2\r\n\r--lab20\r\n--lab" + bytes.substr(0, 300);
  const std::string body =
      part("album", "holiday") + part("file", near, "a.bin") + "\r\n--lab20--\r\n";
  const std::string expected = "[album]holiday[end][file]" + near + "[end]";
  std::size_t alike = 0, ways = 0;
  for (std::size_t at = 0; at <= body.size(); ++at, ways += 2) {
    alike += parsed(body, at, body.size()) == expected;
    alike += parsed(body, 0, at + 1) == expected;
  }
  story.claim(
      "20.1", multipart * 50 < bytes.size() * 51 && alike == ways,
      "multipart added {:.1f} %, base64 {:.0f} %, urlencoded {:.0f} %; {} of {} ways "
      "to cut a form were read alike",
      100.0 * multipart / bytes.size() - 100, 100.0 * base64 / bytes.size() - 100,
      100.0 * urlencoded / bytes.size() - 100, alike, ways);
  story.takeaway(
      "multipart carries bytes as they are. Its price is a parser that must expect the "
      "boundary to arrive in pieces.");
}

// Step 13: a form may say anything. Each row is a request to a real server.
void client_claims(Story& story, const Knobs&) {
  story.say(
      "Clients lie about sizes, types and names. A server that looks at the bytes while "
      "they arrive should refuse each of them, and take the honest ones.");
  story.picture(Picture::nodes, {"client", "server"});
  const Instance server({.file_limit = 8 << 20});
  const std::string png = "\x89PNG\r\n\x1a\n and pixels";
  lab::Table table{"What clients claim", {"request", "status", "result"}, {}};
  int right = 0;
  const auto row = [&](const char* what, int status, const std::string& parts,
                       std::uint64_t more = 0) {
    Reply reply = post(server.port(), "/disk", parts, more);
    right += reply.status == status;
    if (reply.status == 201) reply.body.erase(0, reply.body.find(' ') + 1);
    table.rows.push_back({what, std::to_string(reply.status), reply.body});
    return reply;
  };
  const auto honest = row("an image, album before it", 201,
                          part("album", "x") + part("file", png, "a.png", "image/png"));
  const auto late = row("an image, album after it", 201,
                        part("file", png, "a.png", "image/png") + part("album", "x"));
  const auto path =
      row("named ../../etc/passwd", 201, part("file", "x", "../../etc/passwd"));
  row("a script, claimed to be an image", 415,
      part("file", "#!/bin/sh and more", "a.png", "image/png"));
  row("an image, claimed to be text", 415, part("file", png, "a.txt", "text/plain"));
  const std::string bomb = gzip_bomb();
  row("80 MiB as a small gzip", 413, part("file", bomb, "a.gz", "application/gzip"));
  const auto large =
      row("64 MiB, the limit is 8", 413, part("file", "", "a.bin"), 64 << 20);
  row("500 fields", 413, [] {
    std::string fields;
    for (int i = 0; i < 500; ++i) fields += part("f" + std::to_string(i), "x");
    return fields;
  }());
  row("a body without an end", 400, part("file", "x", "a.bin") + "\r\n--lab20 --");
  story.table(table);
  const bool in_order = honest.body == "1 a.png" && late.body == "0 a.png";
  story.claim(
      "20.4",
      right == 9 && in_order && path.body == "0 passwd" && large.sent < 48 << 20 &&
          server.files() == 3,
      "{} of 9 requests got the right reply, and {} of 3 good files are on the disk; "
      "the one of 64 MiB was refused after {} MiB were sent; a gzip of {} KiB was "
      "refused at 64 MiB; a field after the file was not known while it was read",
      right, server.files(), large.sent >> 20, bomb.size() >> 10);
  story.takeaway(
      "Make your own key, look at the first bytes, and count while you read. Put the "
      "fields before the file.");
}

}  // namespace lab20
