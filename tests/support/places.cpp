#include "support/places.hpp"

namespace lab::test {

namespace {

std::string in(std::string folder, std::string_view path) {
  if (!path.empty()) folder.append("/").append(path);
  return folder;
}

}  // namespace

// The only file of the tests whose compilation depends on where the clone lies: all the
// others can come from another clone's compiler cache.
std::string source(std::string_view path) {
  return in(LAB_SOURCE_DIR, path);
}

std::string built(std::string_view path) {
  return in(LAB_BUILD_DIR, path);
}

}  // namespace lab::test
