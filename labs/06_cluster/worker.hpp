// worker.hpp: one worker process: a server that the primary feeds and stops.
//
//   serving --drain--> finishing: every reply says "Connection: close" --none left--> done
//
// Threads   None: everything happens on the loop that it is given.
// Limits    Connections that stay idle keep a draining worker for at most `patience`.
// Source    Node's worker.disconnect().
#pragma once

#include <chrono>

#include "channel.hpp"
#include "lab/net/uv_http_server.hpp"

namespace lab06 {

class WorkerProcess {
 public:
  // Both descriptors are inherited; `listener` is -1 if the primary deals.
  WorkerProcess(lab::uv::Loop& loop, int channel, int listener,
                lab::uv::HttpServer::Handler handler,
                std::chrono::milliseconds patience = std::chrono::seconds(5));

  // Tells the primary that it is ready, and serves until it has drained, or until there is
  // no primary any more.
  void run();

 private:
  void obey();
  void drain();

  lab::uv::Loop& loop_;
  int channel_;
  lab::uv::HttpServer server_;
  lab::uv::Poll orders_;
  lab::uv::Timer deadline_;
  std::chrono::milliseconds patience_;
};

}  // namespace lab06
