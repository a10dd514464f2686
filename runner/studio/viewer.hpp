// viewer.hpp: one browser's WebSocket: what it asks, and the runs that it is sent.
//
// Limits    Each run is read from its file piece by piece, only while the socket takes
//           it: at most kFull bytes wait, and four times that of the story. One that
//           asks without reading the answers is not listened to until it does. Messages
//           of kMessage bytes; kPatience wrong ones in a row end the connection.
#pragma once

#include <map>
#include <string>

#include "lab/net/websocket.hpp"
#include "studio/studio.hpp"

namespace runner {

class Viewer final : public lab::websocket::Session,
                     public std::enable_shared_from_this<Viewer> {
 public:
  static constexpr std::size_t kFull = 256u << 10;
  static constexpr std::size_t kMessage = 62u << 10;
  static constexpr std::size_t kPatience = 20;
  static constexpr std::size_t kWatched = 8;

  Viewer(Studio& studio, lab::websocket::Peer peer)
      : studio_(studio), peer_(std::move(peer)) {}

  void on_text(std::string_view text) override;
  void on_drained() override { pump(); }
  void on_close(const lab::websocket::Close&) override { watched_.clear(); }

  // Sends what there is to send and the socket takes. True: there is more.
  bool pump();

  bool watches(std::string_view run) const { return watched_.contains(run); }
  bool busy() const { return !watched_.empty(); }
  bool full() const { return peer_->waiting() >= 8 * kFull; }
  void send(const Json& message);

 private:
  // How far a run was read, and what of it waits to be sent.
  struct Cursor {
    std::uintmax_t offset = 0;
    std::size_t next = 0;   // the event that stands there
    std::size_t from = 0;   // earlier ones are not wanted
    std::size_t first = 0;  // of the batch
    std::size_t count = 0;
    std::string batch{};
    std::size_t skipped = 0;  // just before the batch
    bool coarse = false;
  };

  void obey(const Json& message);
  void run(const Json& message);
  void watch(const Json& message);
  void knob(const Json& message);
  void drill(const Json& message);
  void processes(const Json& message);
  void fault(const Json& message);
  void started(const RunCard& card, const std::string& item);
  StudioRun& going_on(const Json& message) const;
  void refuse(const Json& message, const std::string& why);
  bool pump(const std::string& run, Cursor& cursor);
  bool read_piece(const RunCard& card, Cursor& cursor);
  void add(const std::string& run, Cursor& cursor, std::string_view line);
  void flush(const std::string& run, Cursor& cursor);
  void tell_skipped(const std::string& run, Cursor& cursor);
  void end(const RunCard& card);
  void removed(const std::string& run);

  Studio& studio_;
  lab::websocket::Peer peer_;
  std::map<std::string, Cursor, std::less<>> watched_;
  std::size_t wrong_ = 0;
  bool paused_ = false;  // it is not listened to
};

}  // namespace runner
