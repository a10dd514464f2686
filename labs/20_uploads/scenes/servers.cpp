// servers.cpp: where files go: memory, disk or storage, and what is left if nobody finishes.
#include <fmt/format.h>

#include <random>
#include <thread>

#include "lab/core/text.hpp"
#include "lab/net/nginx_server.hpp"
#include "lab/os/proc.hpp"
#include "scenes/scenes.hpp"
#include "world/browser.hpp"
#include "world/instance.hpp"
#include "world/storage.hpp"

namespace lab20 {

using lab::Picture;
using lab::Story;
using lab::text::bytes;
using namespace std::chrono_literals;

namespace {

// What a fresh server's memory peaked at, while it took a file of that size.
struct Taken {
  std::size_t peak;
  Reply reply;
};
Taken take(const std::string& way, int mib, const Storage* storage = nullptr) {
  const Instance server({.name = fmt::format("{} {} MiB", way.substr(1), mib),
                         .storage = storage ? storage->url() : "",
                         .file_limit = 8ULL << 30});
  Reply reply = post(server.port(), way, part("file", "", "big.bin"),
                     static_cast<std::uint64_t>(mib) << 20);
  return {lab::peak_resident_bytes(server.pid()), std::move(reply)};
}

// Waits for something that another process is about to do.
bool soon(const std::function<bool()>& is_so) {
  for (int i = 0; i < 10'000 && !is_so(); ++i) std::this_thread::sleep_for(1ms);
  return is_so();
}

}  // namespace

void memory_or_disk(Story& story, const Knobs& knobs) {
  const int mib = knobs.mib() / 2;
  story.say(
      "A server takes {} MiB, first into memory and then into a temporary file. Its "
      "memory "
      "should grow by the whole file, and by nothing.",
      mib);
  const std::string in_memory = fmt::format("memory {} MiB MiB in memory", mib),
                    on_disk = fmt::format("disk {} MiB MiB in memory", mib);
  story.picture(Picture::curves, {in_memory, on_disk});
  const Taken none = take("/memory", 0), held = take("/memory", mib),
              disk = take("/disk", mib);
  const Instance server({});
  const Reply whole = post(server.port(), "/disk", part("file", "all of it", "a.bin"));
  const Reply found = get(server.port(), "/disk/" + whole.key());
  post(server.port(), "/disk", part("file", "", "b.bin"), 8 << 20, 4 << 20);
  const bool cleaned = soon([&] { return server.files() == 1; });

  const std::size_t size = static_cast<std::size_t>(mib) << 20, base = none.peak;
  story.table({"Memory at most",
               {"a file of", "kept in", "memory"},
               {{"0 B", "memory", bytes(base)},
                {bytes(size), "memory", bytes(held.peak)},
                {bytes(size), "a temporary file", bytes(disk.peak)}}});
  story.claim("20.2", held.peak > base + size * 9 / 10 && disk.peak < base + size / 4,
              "memory peaked at {} with the file in it, and at {} with the file on disk; "
              "without a file {}",
              bytes(held.peak), bytes(disk.peak), bytes(base));
  story.claim(
      "20.3", disk.peak < base + size / 4 && found.body == "all of it" && cleaned,
      "the server took {} with {} of memory; a client that left after 4 of 8 MiB left "
      "{} temporary files, and the whole file stayed",
      bytes(size), bytes(disk.peak), server.files() - 1);
  story.takeaway(
      "multer() without options is the first of the two. Give it a storage, and limits.");
}

// Step 14: nginx deals requests out in turn, so the second one reaches the other instance.
void two_instances(Story& story, const Knobs&) {
  story.say(
      "nginx deals requests out to two instances in turn. A file is sent through it and "
      "then "
      "asked for. First the instances keep files on their disks, then in one storage.");
  story.picture(Picture::nodes, {"client", "instance A", "instance B", "storage"});
  const Storage storage;
  const Instance a({.name = "instance A", .storage = storage.url()}),
      b({.name = "instance B", .storage = storage.url()});
  const std::vector backends{a.port(), b.port()};
  const lab::NginxServer nginx(backends, {.location = "proxy_request_buffering off;\n"
                                                      "client_max_body_size 0;"});
  const std::string file = part("file", "a file", "a.txt");
  const auto twice = [&](const std::string& way) {
    const std::string key = post(nginx.port(), way, file).key();
    return std::pair{get(nginx.port(), way + "/" + key),
                     get(nginx.port(), way + "/" + key)};
  };
  const auto [disk_other, disk_same] = twice("/disk");
  post(nginx.port(), "/disk", file);  // so that the next one begins at A again
  const auto [s3_other, s3_same] = twice("/s3");
  story.table({"The file is sent to A",
               {"kept", "asked of B", "asked of A"},
               {{"on the disk", std::to_string(disk_other.status),
                 std::to_string(disk_same.status)},
                {"in storage", std::to_string(s3_other.status),
                 std::to_string(s3_same.status)}}});
  story.claim("20.5", disk_other.status == 404 && disk_same.body == "a file",
              "{} of instance B, {} of instance A, which has the file on its disk",
              disk_other.status, disk_same.status);

  const std::string key = post(a.port(), "/s3", file).key();
  lab::http::Request forged = storage.bucket().request("GET", key);
  forged.headers.back().second.back() ^= 1;
  const std::string url = storage.bucket().presigned("GET", key, 60s);
  const auto status = [&](const char* method, const std::string& target) {
    return storage.send({.method = method, .target = target}).status;
  };
  const int with_url = status("GET", url), other_method = status("DELETE", url),
            unsigned_get = status("GET", url.substr(0, url.find('?')));
  const bool strict =
      storage.send(forged).status == 403 && other_method == 403 && unsigned_get == 403;
  story.claim(
      "20.6",
      s3_other.body == "a file" && s3_same.body == "a file" && with_url == 200 &&
          (strict || !storage.ours()),
      "both instances returned the file; storage said {} to a pre-signed URL, {} to "
      "the same URL for a DELETE, and {} without a signature",
      with_url, other_method, unsigned_get);
  story.takeaway(
      "The next request may reach another instance, so a file belongs where all of them "
      "can "
      "read it. With a pre-signed URL its bytes never pass them.");
}

// Step 15: storage is slower than the client. The control reads on all the same.
void stream(Story& story, const Knobs& knobs) {
  const int large = knobs.mib(), medium = large / 2, small = large / 20;
  story.say(
      "Files of {}, {} and {} MiB go to a storage that takes {} MiB a second, in parts "
      "of 5 "
      "MiB. With backpressure the server's memory should be the same for all of them.",
      small, medium, large, *knobs.storage_rate);
  const auto curve = [](const char* way, int mib) {
    return fmt::format("{} {} MiB MiB in memory", way, mib);
  };
  story.picture(Picture::curves, {curve("s3", small), curve("s3", medium),
                                  curve("s3", large), curve("flood", medium)});
  lab::Table table{
      "Memory at most", {"a file of", "backpressure", "memory", "stored"}, {}};
  std::vector<std::size_t> peaks;
  bool whole = true;
  for (const auto& [way, mib] :
       {std::pair{"/s3", small}, {"/s3", medium}, {"/s3", large}, {"/flood", medium}}) {
    const Storage storage(*knobs.storage_rate);
    const Taken taken = take(way, mib, &storage);
    const std::uint64_t stored = storage.size_of(taken.reply.key());
    whole = whole && stored == static_cast<std::uint64_t>(mib) << 20;
    peaks.push_back(taken.peak);
    table.rows.push_back({fmt::format("{} MiB", mib),
                          way == std::string("/s3") ? "yes" : "no", bytes(taken.peak),
                          bytes(stored)});
  }
  story.table(table);
  const std::size_t grown = peaks[2] - std::min(peaks[2], peaks[0]),
                    more = static_cast<std::size_t>(large - small) << 20,
                    flooded = peaks[3] - std::min(peaks[3], peaks[1]);
  story.claim(
      "20.7",
      whole && grown * 10 < more &&
          (flooded > (static_cast<std::size_t>(medium) << 20) / 4),
      "memory peaked at {} for {} MiB and at {} for {} MiB; at {} for {} MiB without "
      "backpressure",
      bytes(peaks[0]), small, bytes(peaks[2]), large, bytes(peaks[3]), medium);
  story.nuance(
      "20.7",
      "Flat is not free. Each upload holds a part of at least 5 MiB, and a copy on "
      "its way: 200 uploads at once hold two gigabytes.");
  story.takeaway(
      "If storage is slow, stop reading the request. Then the client waits, and not "
      "your memory.");
}

// Step 16: clients vanish at random bytes. Half of their files would have had many parts.
void vanish(Story& story, const Knobs& knobs) {
  const int cuts = *knobs.cuts;
  story.say(
      "{} clients vanish, each at a random byte of its request. Half of them send to "
      "storage, in parts of 64 KiB, and half to the disk. Nothing should be left.",
      cuts);
  story.picture(Picture::nodes, {"client", "server", "storage"});
  const Storage storage;
  const Instance server({.storage = storage.url(), .part_size = 64 << 10});
  const std::string form = part("file", std::string(512 << 10, 'x'), "a.bin");
  const auto way = [](int i) { return i % 2 ? "/disk" : "/s3"; };
  for (int i = 0; i < 2; ++i) post(server.port(), way(i), form.substr(0, 1000));
  const int before = lab::open_descriptors(server.pid());
  const std::size_t files = server.files();
  std::mt19937 random(20);
  for (int i = 0; i < cuts; ++i)
    post(server.port(), way(i), form, 0, 1 + random() % form.size());
  int open = 0, unfinished = 0;
  soon([&] {
    open = lab::open_descriptors(server.pid()) - before;
    unfinished = storage.unfinished();
    return open <= 0 && unfinished == 0 && server.files() == files;
  });
  story.table({"What is left",
               {"kind", "begun", "left"},
               {{"multipart uploads", std::to_string(storage.begun()),
                 std::to_string(unfinished)},
                {"temporary files", std::to_string(cuts / 2),
                 std::to_string(server.files() - files)},
                {"descriptors", std::to_string(cuts), std::to_string(open)}}});
  story.claim(
      "20.7",
      unfinished == 0 && open <= 0 && (!storage.ours() || storage.begun() > cuts / 4),
      "{} of {} multipart uploads are left at storage, and {} descriptors at the "
      "server, after {} clients vanished",
      unfinished, storage.begun(), std::max(open, 0), cuts);
  story.claim("20.3", server.files() == files,
              "{} temporary files are left of {} clients", server.files() - files,
              cuts / 2);
  story.takeaway(
      "Tie what an upload has stored to the upload's life. What a crash of the server "
      "leaves, a "
      "lifecycle rule of the bucket clears.");
}

}  // namespace lab20
