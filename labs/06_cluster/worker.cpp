#include "worker.hpp"

namespace lab06 {

WorkerProcess::WorkerProcess(lab::uv::Loop& loop, int channel, int listener,
                             lab::uv::HttpServer::Handler handler,
                             std::chrono::milliseconds patience)
    : loop_(loop),
      channel_(channel),
      server_(loop, std::move(handler)),
      orders_(loop, channel),
      deadline_(loop),
      patience_(patience) {
  orders_.start(UV_READABLE, [this] { obey(); });
  if (listener >= 0) server_.listen(Descriptor(listener));
}

void WorkerProcess::run() {
  if (send_packet(channel_, Say::ready)) loop_.run();
}

void WorkerProcess::obey() {
  auto packet = receive_packet(channel_);
  if (!packet) return loop_.stop();  // without a primary there is no reason to live
  if (packet->say == Say::drain) return drain();
  server_.adopt(std::move(packet->passed));
  if (!send_packet(channel_, Say::taken)) loop_.stop();
}

// Step 3: finish before you exit. Every request on a connection that the worker has is still
// answered, and each reply tells its client to open a new connection, which another worker
// gets. An idle connection may have a request on its way, so it is not closed at
// once either.
void WorkerProcess::drain() {
  server_.drain([this] { loop_.stop(); });
  deadline_.start(patience_, [this] { loop_.stop(); });
}

}  // namespace lab06
