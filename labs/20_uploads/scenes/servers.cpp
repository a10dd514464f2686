// servers.cpp: where files go, and what is left when nobody finishes them.
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/nginx_server.hpp"
#include "lab/net/s3_server.hpp"
#include "lab/os/proc.hpp"
#include "scenes/scenes.hpp"
#include "world/clients.hpp"
#include "world/instance.hpp"

namespace lab20 {

using lab::Picture;
using lab::Story;
using lab::text::bytes;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMiB = 1 << 20;

// A fresh server takes one file: "s3-400". Its memory at most, and the file's key.
struct Taken {
  std::size_t peak;
  std::string key;
};
std::string name_of(const std::string& way, std::size_t mib) {
  return way + "-" + std::to_string(mib);
}
std::string curve(const std::string& way, std::size_t mib) {
  return name_of(way, mib) + " MiB in memory";
}
Taken take(const std::string& way, std::size_t mib, const std::string& storage = {}) {
  const Instance server({.name = name_of(way, mib), .storage = storage});
  const Sent sent = curl(server.port(), "/" + way, mib * kMiB);
  return {lab::peak_resident_bytes(server.pid()), sent.key};
}

}  // namespace

void memory_or_disk(Story& story, const Knobs& knobs) {
  const std::size_t mib = knobs.mib() / 2;
  story.say(
      "One server keeps a file of {} MiB in memory. Another one writes it to a temporary "
      "file. The first should grow by the whole file, and the second should not grow.",
      mib);
  story.picture(Picture::curves, {curve("memory", mib), curve("disk", mib)});
  const std::size_t none = take("disk", 0).peak, held = take("memory", mib).peak,
                    disk = take("disk", mib).peak;
  story.claim(
      "20.2", held > none + mib * kMiB * 9 / 10 && disk < none + mib * kMiB / 4,
      "memory peaked at {} with the file in it, at {} with the file on disk, and at {} "
      "without a file",
      bytes(held), bytes(disk), bytes(none));

  story.claim("20.3", disk < none + mib * kMiB / 4, "{} MiB took {} of memory", mib,
              bytes(disk));
  story.takeaway(
      "multer() without options does what the first server does. Give it a storage, and "
      "limits.");
}

// Step 12: nginx deals requests out in turn, so the second one reaches the other instance.
void two_instances(Story& story, const Knobs&) {
  story.say(
      "nginx deals requests out to two instances in turn. A file is sent through it, "
      "and the next two requests ask for it. First each instance keeps files on its "
      "disk, then both in one storage.");
  story.picture(Picture::sequence, {"client", "instance A", "instance B"});
  const lab::S3Server storage;
  const Instance a({.name = "instance A", .storage = storage.url()});
  const Instance b({.name = "instance B", .storage = storage.url()});
  const std::vector backends{a.port(), b.port()};
  const lab::NginxServer nginx(backends, {.location = "proxy_request_buffering off;"});
  const std::string file = part("file", "a file", "a.txt");
  const auto asked_twice = [&](const std::string& way) {
    const std::string path = way + "/" + key_of(send(nginx.port(), form(way, file)));
    const auto of_b = send(nginx.port(), {.target = path});
    return std::pair{of_b, send(nginx.port(), {.target = path})};
  };
  lab::trace::instant("each instance keeps its files on its disk", {.lane = "case"});
  const auto [disk_b, disk_a] = asked_twice("/disk");
  story.claim(
      "20.5", disk_b.status == 404 && disk_a.body == "a file",
      "instance B returned {}; instance A, which has the file on its disk, returned {}",
      disk_b.status, disk_a.status);

  send(nginx.port(), form("/disk", file));  // and the next one is sent to A again
  lab::trace::instant("both keep them in one storage", {.lane = "case"});
  const auto [url_b, url_a] = asked_twice("/s3");
  const auto fetched = [&](const std::string& url, const char* method = "GET") {
    return storage.send({.method = method, .target = url});
  };
  const std::string bare_url = url_b.body.substr(0, url_b.body.find('?'));
  const int plain = fetched(bare_url).status,
            other = fetched(url_b.body, "DELETE").status;
  const bool strict = plain == 403 && other == 403;
  story.claim(
      "20.6",
      fetched(url_b.body).body == "a file" && fetched(url_a.body).body == "a file" &&
          (strict || !storage.ours()),  // s3rver is not strict
      "the URLs that both instances gave out returned the file; the storage returned "
      "{} for a DELETE with such a URL, and {} without a signature",
      other, plain);
  story.takeaway(
      "The next request may reach another instance, so store files where all can read "
      "them. With a pre-signed URL the bytes bypass them all.");
}

// Step 13: storage is slower than the client. The control reads on all the same.
void stream(Story& story, const Knobs& knobs) {
  const std::size_t large = knobs.mib(), medium = large / 2,
                    small = std::max(large / 20, 16UL);
  story.say(
      "Files of {} and {} MiB go to a storage that takes {} MiB a second. With "
      "backpressure the server should need the same memory for both. Without it, a file "
      "of half the larger size should pile up.",
      small, large, *knobs.storage_rate);
  story.picture(Picture::curves,
                {curve("s3", small), curve("s3", large), curve("flood", medium)});
  const lab::S3Server storage(*knobs.storage_rate);
  bool whole = true;
  const auto peak = [&](const char* way, std::size_t mib) {
    const Taken taken = take(way, mib, storage.url());
    whole = whole && storage.size_of(taken.key) == mib * kMiB;
    return taken.peak;
  };
  const std::size_t of_small = peak("s3", small), of_large = peak("s3", large),
                    flooded = peak("flood", medium);
  story.claim("20.7",
              whole && of_large < of_small + (large - small) * kMiB / 10 &&
                  flooded > of_large + medium * kMiB / 4,
              "memory peaked at {} for {} MiB and at {} for {} MiB, all of them stored; "
              "without backpressure at {} for {} MiB",
              bytes(of_small), small, bytes(of_large), large, bytes(flooded), medium);
  story.nuance(
      "20.7",
      "Flat memory is not free: each upload holds a part of at least 5 MiB, and a copy "
      "of it in flight. 200 uploads at once hold two gigabytes.");
  story.takeaway(
      "If storage is slow, stop reading the request. Then the client waits, and your "
      "memory does not fill.");
}

// Step 14: clients vanish at random bytes. S3 would keep the parts of what they began.
void vanish(Story& story, const Knobs& knobs) {
  const int cuts = *knobs.cuts;
  story.say(
      "{} clients vanish, each at a random byte of its request. Half of them send to "
      "storage, in parts of 64 KiB, and half to the disk. Nothing should be left.",
      cuts);
  story.picture(Picture::curves, {"unfinished uploads", "temporary files"});
  const lab::S3Server storage;
  const Instance server({.storage = storage.url(), .part_size = 64 << 10});
  const std::string parts = part("file", std::string(512 << 10, 'x'), "a.bin");
  send(server.port(),
       form("/s3", part("file", "x", "a")));  // it opens what it keeps open
  const int before = lab::open_descriptors(server.pid());
  std::mt19937 random(20);
  int most = 0, open = 0, unfinished = 0, files = 0;
  const auto count = [&] {
    open = lab::open_descriptors(server.pid()) - before;
    unfinished = storage.unfinished();
    most = std::max(most, unfinished);
    files = static_cast<int>(server.files());
    lab::trace::counter("unfinished uploads", unfinished);
    lab::trace::counter("temporary files", files);
    return open <= 0 && unfinished == 0 && files == 0;
  };
  for (int i = 0; i < cuts; ++i) {
    vanish_after(server.port(), form(i % 2 ? "/disk" : "/s3", parts),
                 1 + random() % parts.size());
    if (i % 8 == 0) count();
  }
  const bool nothing_left = soon(count);
  story.claim(
      "20.7", nothing_left && (!storage.ours() || storage.begun() > cuts / 4),
      "{} of {} multipart uploads are left at the storage, where up to {} were open at "
      "once, and {} descriptors at the server, after {} clients vanished",
      unfinished, storage.begun(), most, std::max(open, 0), cuts);
  story.claim("20.3", server.files() == 0, "{} temporary files are left by {} clients",
              server.files(), cuts / 2);
  story.takeaway(
      "When an upload ends early, remove what it has stored. A lifecycle rule of the "
      "bucket removes what a crash of the server leaves.");
}

}  // namespace lab20
