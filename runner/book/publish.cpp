#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <set>

#include "book/book.hpp"
#include "core/read_text.hpp"
#include "lab/core/error.hpp"
#include "lab/os/descriptor.hpp"

namespace runner {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSchema = "underloop/book/1";
constexpr const char* kList = "book.json";

// Where the book is to stand, without a link or a slash at the end.
fs::path place_of(const fs::path& folder) {
  fs::path place = fs::weakly_canonical(fs::absolute(folder));
  if (!place.has_filename()) place = place.parent_path();
  return place;
}

// The files that a book says it has; nothing if there is no book.
std::optional<std::set<std::string>> files_of_book(const fs::path& folder) {
  const auto text = read_text(folder / kList);
  const Json list = text ? Json::parse(*text, nullptr, false) : Json();
  if (!list.is_object() || text_in(list, "schema") != kSchema) return std::nullopt;
  std::set<std::string> files = {kList};
  for (const Json& file : list.value("files", Json::array()))
    if (file.is_string()) files.insert(file.get<std::string>());
  return files;
}

std::string list_of(const BookFiles& files) {
  Json names = Json::array();
  for (const auto& [name, text] : files) names.push_back(name);
  return Json{{"schema", kSchema}, {"files", names}}.dump(1) + "\n";
}

void write_file(const fs::path& file, const std::string& text) {
  const lab::Descriptor out(
      open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  lab::check_errno(out.get(), "write " + file.string());
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t size = write(out.get(), rest.data(), rest.size());
    if (size < 0 && errno == EINTR) continue;
    lab::check_errno(size, "write " + file.string());
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
}

// While it lives, a signal that would end this process waits.
class StopsHeld {
 public:
  StopsHeld() {
    sigemptyset(&stops_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&stops_, signal);
    pthread_sigmask(SIG_BLOCK, &stops_, &before_);
  }
  StopsHeld(const StopsHeld&) = delete;
  StopsHeld& operator=(const StopsHeld&) = delete;
  ~StopsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  bool came() const {
    sigset_t pending;
    sigpending(&pending);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
      if (sigismember(&pending, signal)) return true;
    return false;
  }

 private:
  sigset_t stops_{};
  sigset_t before_{};
};

// A folder beside the book's place, which goes with this object. One that a killed process
// has left is emptied first: nobody holds its lock.
class Unfinished {
 public:
  explicit Unfinished(const fs::path& place)
      : path_(place.parent_path() /
              fmt::format(".{}.unfinished", place.filename().string())) {
    const std::string tried = "write " + path_.string();
    if (mkdir(path_.c_str(), 0755) != 0 && errno != EEXIST) lab::check_errno(-1, tried);
    folder_.reset(open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    lab::check_errno(folder_.get(), tried);
    if (flock(folder_.get(), LOCK_EX | LOCK_NB) != 0)
      throw lab::Error(tried, "another ./lab book writes there");
    for (const auto& entry : fs::directory_iterator(path_)) fs::remove_all(entry);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    std::error_code none;
    if (!moved_) fs::remove_all(path_, none);
  }

  const fs::path& path() const { return path_; }

  // What stood in the place stands here then, and goes with this object.
  void take_place(const fs::path& place) {
    moved_ = swap_with(place, RENAME_NOREPLACE) == 0;
    if (moved_) return;
    const long swapped = errno == EEXIST ? swap_with(place, RENAME_EXCHANGE) : -1;
    lab::check_errno(swapped, "write " + place.string());
  }

 private:
  long swap_with(const fs::path& place, unsigned how) const {
    return renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, place.c_str(), how);
  }

  fs::path path_;
  bool moved_ = false;
  lab::Descriptor folder_{};
};

}  // namespace

void check_book_folder(const fs::path& folder) {
  const fs::path place = place_of(folder);
  if (!fs::exists(fs::symlink_status(place))) return;
  const auto files = files_of_book(place);
  if (!files) {
    throw Usage(fmt::format(
        "book {}: that is there and is no book; name a folder that is still to be made",
        folder.string()));
  }
  for (const auto& entry : fs::recursive_directory_iterator(place)) {
    const std::string name = entry.path().lexically_relative(place);
    if (entry.is_directory() && !entry.is_symlink() && name == "data") continue;
    if (files->contains(name)) continue;
    throw Usage(
        fmt::format("book {}: {} is no part of the book that is there, and would "
                    "be lost; take it away first",
                    folder.string(), name));
  }
}

void publish_book(const fs::path& folder, const BookFiles& files) {
  const fs::path place = place_of(folder);
  std::error_code error;
  fs::create_directories(place.parent_path(), error);
  if (error) throw lab::Error("write " + place.parent_path().string(), error.message());
  const StopsHeld stops;
  Unfinished unfinished(place);
  for (const auto& [name, text] : files) {
    const fs::path file = unfinished.path() / name;
    fs::create_directories(file.parent_path());
    write_file(file, text);
    if (stops.came()) return;  // it ends us once the folder is gone
  }
  write_file(unfinished.path() / kList, list_of(files));
  check_book_folder(folder);
  unfinished.take_place(place);
}

}  // namespace runner
