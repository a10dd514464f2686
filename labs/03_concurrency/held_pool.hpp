// held_pool.hpp: threads of libuv's pool, taken one by one, exactly and for as long as
// one likes.
//
// Each opens a FIFO for reading, which blocks in the kernel until somebody opens it for
// writing: just what a disk that does not answer does to a thread, without its luck.
//
// Threads   The loop's only.
// Lifetime  The folder is made if it is not there. Destroying the HeldPool lets the threads
//           go. The loop must outlive it.
// Source    fifo(7). Node on the same trick: node.mjs.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "async.hpp"

namespace lab03 {

class HeldPool {
 public:
  HeldPool(Loop& loop, std::filesystem::path folder);
  HeldPool(const HeldPool&) = delete;
  HeldPool& operator=(const HeldPool&) = delete;
  ~HeldPool() { hold(0); }

  // Takes or frees threads until this number is asked for. What was queued for the pool
  // before is done first.
  void hold(std::size_t threads);

  std::size_t held() const { return fifos_.size(); }

 private:
  struct Fifo {
    std::filesystem::path path;
    int writer = -1;
    ~Fifo();
  };
  std::shared_ptr<Fifo> take();

  Loop& loop_;
  std::filesystem::path folder_;
  std::vector<std::shared_ptr<Fifo>> fifos_;
  int made_ = 0;
};

}  // namespace lab03
