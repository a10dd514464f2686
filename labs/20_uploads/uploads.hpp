// uploads.hpp: takes a request's file and pours it into a sink while it arrives.
//
//   client --> kernel --> Upload --> parser --> limits --> sink: memory, disk, storage
//                ^                                          |
//                +-- not read while the sink has no room ---+
//
// Lifetime  An Upload that goes before its outcome leaves nothing, because its sink takes
//           back what it has stored: after a refusal, a failure, or the client's death.
// Threads   The loop's.
// Errors    An Outcome: 400 malformed or cut off, 413 over a limit, 415 not what it claims,
//           502 the sink failed.
// Cost      Memory: what the sink holds, however large the file is.
// Source    busboy's events and limits; multer's and formidable's sinks.
// Left out  More than one file in a request: the second is refused.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "lab/net/uv_body_server.hpp"
#include "multipart.hpp"

namespace lab20 {

// Step 5: where the file goes. Destroyed before it has called `on_stored`, it takes back what
// it has stored.
class Sink {
 public:
  virtual ~Sink() = default;
  [[nodiscard]] virtual bool write(std::string_view bytes) = 0;  // false: no room
  virtual void finish(std::function<void(bool stored)> on_stored) = 0;
  virtual bool failed() const { return false; }
};

struct Limits {
  std::uint64_t file_bytes = 1ULL << 30;  // of a gzip: also when it is expanded
  std::size_t fields = 100;               // each counts, also if its name has come before
  std::size_t field_bytes = 64 << 10;
};

struct Outcome {
  int status = 0;
  std::string why{};              // of a refusal
  std::string key{};              // ours: nothing of the client's is in it
  std::string shown_name{};       // the client's, without folders and control characters
  std::size_t fields_before = 0;  // all of the form that is known while the file is read
  std::map<std::string, std::string> fields{};
};

std::string shown_name(std::string_view claimed);
std::string_view type_by_content(std::string_view first_bytes);  // empty: not known

class Upload : public lab::uv::BodyServer::Body {
 public:
  // The sink calls `on_room` later, when it has room again or has failed.
  using OpenSink = std::function<std::unique_ptr<Sink>(const std::string& key,
                                                       std::function<void()> on_room)>;

  // `resume` lets the client send again. `on_outcome` is called once.
  Upload(const std::string& content_type, Limits limits, OpenSink open,
         std::function<void()> resume, std::function<void(const Outcome&)> on_outcome);
  ~Upload() override;

  bool write(std::string_view bytes) override;  // false: no room, stop reading
  void end() override;

 private:
  class Expansion;
  void begin_part(const Part& part);
  void take(std::string_view bytes);
  void take_file(std::string_view bytes);
  void end_part();
  void check_type();
  void settle(int status, std::string why = {});

  const Limits limits_;
  const OpenSink open_;
  const std::function<void()> resume_;
  const std::function<void(const Outcome&)> on_outcome_;
  Outcome outcome_;
  MultipartParser parser_;
  Progress progress_ = Progress::more;
  Part part_;
  std::string start_;             // of the file; or all of a field
  std::size_t fields_begun_ = 0;  // with one name or many
  std::uint64_t file_bytes_ = 0;
  std::unique_ptr<Expansion> expansion_;
  bool in_file_ = false, has_room_ = true;
  std::unique_ptr<Sink> sink_;  // first to go: it may still call us
};

}  // namespace lab20
