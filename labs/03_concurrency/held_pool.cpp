#include "held_pool.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace lab03 {

HeldPool::HeldPool(Loop& loop, std::filesystem::path folder)
    : loop_(loop), folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
}

HeldPool::Fifo::~Fifo() {
  if (writer >= 0) close(writer);
  std::error_code nobody_cares;
  std::filesystem::remove(path, nobody_cares);
}

// Step 4: to hold a thread of the pool, let it open a FIFO that nobody writes to.
std::shared_ptr<HeldPool::Fifo> HeldPool::take() {
  auto fifo = std::make_shared<Fifo>();
  fifo->path = folder_ / ("fifo" + std::to_string(made_++));
  lab::check_errno(mkfifo(fifo->path.c_str(), 0600), "make " + fifo->path.string());
  auto* request = new std::pair<uv_fs_t, std::shared_ptr<Fifo>>({}, fifo);
  request->first.data = request;
  const int refused = uv_fs_open(
      loop_.raw(), &request->first, fifo->path.c_str(), O_RDONLY | O_CLOEXEC, 0,
      [](uv_fs_t* raw) {
        if (raw->result >= 0) close(static_cast<int>(raw->result));
        uv_fs_req_cleanup(raw);
        delete static_cast<std::pair<uv_fs_t, std::shared_ptr<Fifo>>*>(raw->data);
      });
  if (refused < 0) delete request;
  lab::uv::check(refused, "uv_fs_open");
  return fifo;
}

// A writer stays until the reader has come: the open may still be in the pool's queue.
void HeldPool::hold(std::size_t threads) {
  while (fifos_.size() > threads) {
    fifos_.back()->writer = open(fifos_.back()->path.c_str(), O_RDWR | O_CLOEXEC);
    fifos_.pop_back();
  }
  while (fifos_.size() < threads) fifos_.push_back(take());
}

}  // namespace lab03
