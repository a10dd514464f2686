// concurrency.hpp: calls that return before their work is done.
//
//   stat, lookup, job, read_file --> a thread of the pool blocks --> done(), on the loop
//   a socket                     --> the kernel watches it       --> done(), on the loop
//
// Threads   Call these on the loop's thread; done() is called there too. Only the `work`
//           of job() runs on a thread of the pool.
// Errors    done() receives libuv's status; a negative one is a libuv error code.
// Lifetime  A request lives until its callback. Run the loop until then, or destroy it,
//           which runs it to the end.
// Source    libuv's documentation of uv_fs_*, uv_getaddrinfo and uv_queue_work. Node's fs,
//           dns.lookup and crypto make these very calls.
// Left out  The socket half is lab::uv::Tcp. DNS without a thread: resolver.hpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "lab/uv/uv.hpp"

namespace lab03 {

using lab::uv::Loop;
using Done = std::function<void(int status)>;

struct Attendance {
  int asked = 0;
  int answered = 0;
  int other_callbacks = 0;  // that the same thread ran while all but one had asked
  int threads = 0;          // of this process, meanwhile
};

// Asks a server so many questions at once, each over a connection of its own; the last one
// only after `other` callbacks of a timer. Gives up after 30 s.
Attendance ask_at_once(std::uint16_t port, int questions, int other);

void stat(Loop& loop, const std::filesystem::path& path, Done done);

// getaddrinfo(3): the name service switch, /etc/hosts, DNS. It occupies a thread even for
// "127.0.0.1", which no name server has to be asked for.
void lookup(Loop& loop, const std::string& host, Done done);

// A computation of your own, as Node's crypto and zlib are.
void job(Loop& loop, std::function<void()> work, Done done);

// The first bytes of a small file, the way fs.readFile gets them: open, fstat, read, close,
// so four trips to the pool, one after another. The status is the number of bytes.
void read_file(Loop& loop, const std::filesystem::path& path, Done done);

}  // namespace lab03
