// gzip.hpp: gzip and back, as transforms.
//
//   Gzip      any bytes --> one gzip member (RFC 1952)
//   Gunzip    one or more members, cut anywhere --> the bytes
//
// Errors    Gunzip fails on what is no gzip, on a wrong checksum, and when the input ends
//           before its trailer. Behind a member another may come; a zero byte there is
//           padding, and what follows it is ignored, as in Node.
// Threads   zlib runs in write(), on the loop's thread. Node gives it to the pool.
// Cost      About 260 KiB for deflate's tables, 40 KiB for inflate's.
// Limits    All that one chunk inflates to is kept at once: a thousand times its size, at
//           worst. Who takes such input from strangers must count what comes out.
// Source    zlib.createGzip, zlib.createGunzip of Node 20; zlib's manual.
#pragma once

#include <zlib.h>

#include "lab/stream/transform.hpp"

namespace lab04 {

using lab::Chunk;
using lab::Done;
using lab::Error;
using lab::Ticks;

inline constexpr std::size_t kZlibMark = std::size_t{16} << 10;

class Gzip : public lab::Transform {
 public:
  explicit Gzip(Ticks& ticks, int level = Z_DEFAULT_COMPRESSION);
  ~Gzip() override;

 private:
  void transform(const Chunk& chunk, Done done) override;
  void flush(Done done) override;
  void deflate_all(int mode);

  z_stream zlib_{};
};

class Gunzip : public lab::Transform {
 public:
  explicit Gunzip(Ticks& ticks);
  ~Gunzip() override;

 private:
  void transform(const Chunk& chunk, Done done) override;
  void flush(Done done) override;

  z_stream zlib_{};
  bool whole_ = false;   // the last member has come to its end
  bool padded_ = false;  // and nothing that follows counts
};

}  // namespace lab04
