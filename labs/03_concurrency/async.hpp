// async.hpp: calls of libuv that return before their work is done, with a function as
// their callback.
//
//   stat, lookup, job, read_file --> a thread of the pool ------> done(), on the loop
//   Echo::ask ----------------> a socket, which epoll watches --> done(), on the loop
//
// Threads   All of them are called, and call back, on the loop's thread. Only `work`, the
//           first argument of job(), runs on a thread of the pool.
// Errors    done() is told libuv's status: less than 0 is an error of libuv.
// Lifetime  A request lives until its callback; the loop that it was given to must run
//           until then, or be destroyed, which runs it.
// Source    libuv's guide to threads and its documentation of uv_fs_*, uv_getaddrinfo,
//           uv_queue_work. Node's fs, dns.lookup and crypto make these very calls.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <string>

#include "lab/uv.hpp"

namespace lab03 {

using lab::uv::Loop;
using Done = std::function<void(int status)>;

void stat(Loop& loop, const std::filesystem::path& path, Done done);

// What getaddrinfo(3) says of a host: the name service switch, /etc/hosts, DNS. It takes a
// thread even for a number, "127.0.0.1", which needs no name server to be there.
void lookup(Loop& loop, const std::string& host, Done done);

// A computation of one's own, as Node's crypto and zlib are.
void job(Loop& loop, std::function<void()> work, Done done);

// The first bytes of a small file, as fs.readFile gets them: open, fstat, read, close, and
// so four trips to the pool, one after another. done() is told how many bytes.
void read_file(Loop& loop, const std::filesystem::path& path, Done done);

// A server on the loop that sends back what it gets, and its clients.
class Echo {
 public:
  explicit Echo(Loop& loop);

  // A new connection: a byte there, the byte back, and it is closed.
  void ask(Done done);

 private:
  void serve();

  Loop& loop_;
  std::list<lab::uv::Tcp> ends_;  // that are open
  lab::uv::Listener listener_;
};

}  // namespace lab03
