// chunk.hpp: what travels through streams.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

namespace lab {

// What a stream counts: its high-water mark and its lengths are in this unit.
enum class Unit { bytes, objects };

// Bytes, or one object, that nobody changes, so that many may hold them: passing them on
// copies a pointer.
class Chunk {
 public:
  explicit Chunk(std::string bytes) {
    auto held = std::make_shared<const std::string>(std::move(bytes));
    bytes_ = *held;
    held_ = std::move(held);
  }

  // For streams in object mode.
  template <class T>
  static Chunk object(T value) {
    Chunk chunk;
    chunk.held_ = std::make_shared<const T>(std::move(value));
    chunk.type_ = &typeid(T);
    return chunk;
  }

  bool is_bytes() const { return type_ == nullptr; }
  std::size_t size() const { return bytes_.size(); }
  std::string_view view() const { return bytes_; }  // empty for an object

  // The object, valid as long as a copy of the chunk; null if it is none of that type.
  template <class T>
  const T* as() const {
    return type_ && *type_ == typeid(T) ? static_cast<const T*>(held_.get()) : nullptr;
  }

  // What it adds to a stream's length. An object counts as one, whatever its size is.
  std::size_t weight(Unit unit) const { return unit == Unit::objects ? 1 : size(); }

 private:
  Chunk() = default;

  std::shared_ptr<const void> held_;
  std::string_view bytes_;
  const std::type_info* type_ = nullptr;
};

}  // namespace lab
