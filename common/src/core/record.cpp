#include "core/record.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace lab {

namespace {

class Cursor {
 public:
  explicit Cursor(const std::byte* at) : at_(at) {}
  template <class T>
  T take() {
    T value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::string text(std::size_t size) {
    std::string text(reinterpret_cast<const char*>(at_), size);
    at_ += size;
    return text;
  }

 private:
  const std::byte* at_;
};

Record::Field field(Cursor& cursor) {
  const auto header = cursor.take<ArgHeader>();
  Record::Field field{.key = cursor.text(header.key_size), .value = std::int64_t{0}};
  switch (static_cast<Arg::Type>(header.type)) {
    case Arg::Type::integer:
      field.value = static_cast<std::int64_t>(header.bits);
      break;
    case Arg::Type::real:
      field.value = std::bit_cast<double>(header.bits);
      break;
    case Arg::Type::boolean:
      field.value = header.bits != 0;
      break;
    case Arg::Type::text:
      field.value = cursor.text(header.text_size);
      break;
  }
  return field;
}

Record decode(const std::byte* at, const Ring& ring) {
  Cursor cursor(at);
  const auto header = cursor.take<RecordHeader>();
  Record record{
      .kind = header.kind,
      .id = header.id,
      .cause = header.cause,
      .link = header.link,
      .nanoseconds = header.nanoseconds,
      .pid = ring.pid.load(std::memory_order_relaxed),
      .tid = ring.tid.load(std::memory_order_relaxed),
      .value = header.value,
      .name = cursor.text(header.name_size),
      .lane = cursor.text(header.lane_size),
      .file = cursor.text(header.file_size),
      .line = header.line,
      .args = {},
  };
  for (int i = 0; i < header.args; ++i) record.args.push_back(field(cursor));
  return record;
}

void drain(Ring& ring, std::vector<Record>& into) {
  // Read before the head: what a thread published before it left is then all visible.
  const bool left = ring.state.load(std::memory_order_acquire) == Ring::left;
  const std::uint64_t head = ring.head.load(std::memory_order_acquire);
  std::uint64_t tail = ring.tail.load(std::memory_order_relaxed);
  while (tail < head) {
    const std::byte* at = &ring.bytes[tail % kRingBytes];
    std::uint32_t size;
    std::memcpy(&size, at, sizeof size);
    const bool padding = at[offsetof(RecordHeader, padding)] == std::byte{1};
    if (!padding) into.push_back(decode(at, ring));
    tail += size;
  }
  ring.tail.store(tail, std::memory_order_release);
  if (left) ring.state.store(Ring::unused, std::memory_order_release);
}

}  // namespace

std::string Record::text(std::string_view key) const {
  for (const Field& field : args) {
    if (field.key != key) continue;
    if (const auto* text = std::get_if<std::string>(&field.value)) return *text;
  }
  return {};
}

std::vector<std::vector<std::string>> cells(std::string_view text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string cell;
  for (const char c : text) {
    if (c == kEndOfCell)
      row.push_back(std::exchange(cell, {}));
    else if (c == kEndOfRow)
      rows.push_back(std::exchange(row, {}));
    else
      cell += c;
  }
  return rows;
}

std::vector<Record> Drain::read() {
  std::vector<Record> records;
  for (Ring& ring : arena_.rings) {
    if (ring.state.load(std::memory_order_acquire) != Ring::unused) drain(ring, records);
  }
  std::ranges::stable_sort(records, {}, &Record::nanoseconds);
  return records;
}

std::uint64_t Drain::dropped() const {
  std::uint64_t sum = arena_.dropped.load(std::memory_order_relaxed);
  for (const Ring& ring : arena_.rings)
    sum += ring.dropped.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace lab
