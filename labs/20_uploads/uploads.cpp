#include "uploads.hpp"

#include <zlib.h>

#include <algorithm>
#include <random>

namespace lab20 {

namespace {

constexpr std::pair<std::string_view, std::string_view> kFirstBytes[] = {
    {"\x89PNG\r\n\x1a\n", "image/png"},
    {"\xff\xd8\xff", "image/jpeg"},
    {"GIF8", "image/gif"},
    {"%PDF-", "application/pdf"},
    {"\x1f\x8b", "application/gzip"},
    {"PK\x03\x04", "application/zip"}};
constexpr std::size_t kStart = 8;  // bytes that tell each of them

std::string new_key() {  // nobody can guess it
  std::random_device random;
  std::string key;
  for (int i = 0; i < 32; ++i) key += "0123456789abcdef"[random() % 16];
  return key;
}

}  // namespace

std::string shown_name(std::string_view claimed) {
  std::string name(claimed.substr(claimed.find_last_of("/\\") + 1));
  std::erase_if(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return name.substr(std::min(name.find_first_not_of('.'), name.size()), 255);
}

std::string_view type_by_content(std::string_view first_bytes) {
  for (const auto& [bytes, type] : kFirstBytes)
    if (first_bytes.starts_with(bytes)) return type;
  return {};
}

// How large a gzip becomes, found out with 64 KiB. The size that stands in it is a claim. A
// gzip may have several members, with zeros between them; gunzip expands each.
class Upload::Expansion {
 public:
  Expansion() { inflateInit2(&stream_, 15 + 16); }
  ~Expansion() { inflateEnd(&stream_); }

  bool exceeds(std::uint64_t limit, std::string_view bytes) {
    static Bytef scratch[64 << 10];
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    for (int result = Z_OK; result == Z_OK && expanded_ <= limit;) {
      if (stream_.total_in == 0) skip_zeros();
      stream_.next_out = scratch;
      stream_.avail_out = sizeof scratch;
      result = inflate(&stream_, Z_NO_FLUSH);
      expanded_ += sizeof scratch - stream_.avail_out;
      if (result == Z_STREAM_END) result = inflateReset(&stream_);
    }
    return expanded_ > limit;
  }

 private:
  void skip_zeros() {
    for (; stream_.avail_in > 0 && *stream_.next_in == 0; ++stream_.next_in)
      --stream_.avail_in;
  }

  z_stream stream_{};
  std::uint64_t expanded_ = 0;  // all members together
};

Upload::Upload(const std::string& content_type, Limits limits, OpenSink open,
               std::function<void()> resume,
               std::function<void(const Outcome&)> on_outcome)
    : limits_(limits),
      open_(std::move(open)),
      resume_(std::move(resume)),
      on_outcome_(std::move(on_outcome)),
      parser_(boundary_of(content_type).value_or(""),
              {.on_part = [this](const Part& part) { begin_part(part); },
               .on_data = [this](std::string_view bytes) { take(bytes); },
               .on_part_end = [this] { end_part(); }}) {
  if (!boundary_of(content_type)) settle(400, "this is no multipart/form-data");
}

Upload::~Upload() = default;

// Step 6: the pump. What the sink has no room for is not read. So it waits in the kernel, and
// when the kernel's buffers are full, in the client.
bool Upload::write(std::string_view bytes) {
  if (outcome_.status) return true;  // refused: the rest is thrown away
  progress_ = parser_.write(bytes);
  if (progress_ == Progress::bad) settle(400, "the body is malformed");
  return has_room_ || outcome_.status;
}

void Upload::begin_part(const Part& part) {
  if (outcome_.status) return;
  part_ = part;
  start_.clear();
  in_file_ = part.file_name && !part.file_name->empty();  // "": no file was chosen
  if (!in_file_) {
    if (++fields_begun_ > limits_.fields) settle(413, "there are too many fields");
    return;
  }
  if (sink_) return settle(413, "there is more than one file");
  outcome_.key = new_key();
  outcome_.shown_name = shown_name(*part.file_name);
  outcome_.fields_before = outcome_.fields.size();
  sink_ = open_(outcome_.key, [this] {
    has_room_ = true;
    if (sink_->failed()) settle(502, "it could not be stored");
    resume_();
  });
}

void Upload::take(std::string_view bytes) {
  if (outcome_.status) return;
  if (in_file_) return take_file(bytes);
  start_ += bytes.substr(0, limits_.field_bytes + 1);
  if (start_.size() > limits_.field_bytes) settle(413, "a field is too long");
}

// Step 7: limits are checked while the bytes come. What the client says about their number
// and type is not trusted.
void Upload::take_file(std::string_view bytes) {
  file_bytes_ += bytes.size();
  if (file_bytes_ > limits_.file_bytes) return settle(413, "the file is too large");
  if (start_.size() < kStart) {
    start_ += bytes;
    bytes = start_;
    if (start_.size() < kStart) return;
    check_type();
    if (outcome_.status) return;
  }
  if (expansion_ && expansion_->exceeds(limits_.file_bytes, bytes))
    return settle(413, "it expands to too much");
  has_room_ = sink_->write(bytes);
}

void Upload::end_part() {
  if (outcome_.status) return;
  if (!in_file_) {
    outcome_.fields[part_.name] = start_;
  } else if (start_.size() < kStart) {
    check_type();
    has_room_ = sink_->write(start_);
  }
}

// A type that has first bytes of its own must have them, and no other may.
void Upload::check_type() {
  const std::string_view found = type_by_content(start_);
  const bool is_known = std::ranges::any_of(
      kFirstBytes, [&](const auto& known) { return known.second == part_.type; });
  if (found != part_.type && (is_known || !found.empty()))
    return settle(415, "it is not what it claims to be");
  if (found == "application/gzip") expansion_ = std::make_unique<Expansion>();
}

// Only a body that has come whole is stored.
void Upload::end() {
  if (outcome_.status) return;
  if (progress_ != Progress::whole) return settle(400, "the body is cut off");
  if (!sink_) return settle(201);
  sink_->finish([this](bool stored) {
    stored ? settle(201) : settle(502, "it could not be stored");
  });
}

// The sink goes with us and not here: we may be inside of it.
void Upload::settle(int status, std::string why) {
  if (outcome_.status) return;
  outcome_.status = status;
  outcome_.why = std::move(why);
  on_outcome_(outcome_);
}

}  // namespace lab20
