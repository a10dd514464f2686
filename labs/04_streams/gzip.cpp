#include "gzip.hpp"

namespace lab04 {

namespace {

constexpr int kGzipFormat = 16 + MAX_WBITS;  // zlib's own has another header
constexpr unsigned kPiece = 16 << 10;

void give(z_stream& zlib, std::string_view bytes) {
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  zlib.avail_in = static_cast<unsigned>(bytes.size());
}

// Calls `step` once with room for a piece of output; answers what came of both.
template <class Step>
std::pair<int, std::string> piece_of(z_stream& zlib, Step step) {
  std::string piece(kPiece, '\0');
  zlib.next_out = reinterpret_cast<Bytef*>(piece.data());
  zlib.avail_out = kPiece;
  const int result = step();
  piece.resize(kPiece - zlib.avail_out);
  return {result, std::move(piece)};
}

void check(int result) {
  if (result != Z_OK) throw Error("zlib", zError(result));
}

}  // namespace

Gzip::Gzip(Ticks& ticks, int level) : Stream(ticks), Transform(ticks, kZlibMark) {
  check(deflateInit2(&zlib_, level, Z_DEFLATED, kGzipFormat, 8, Z_DEFAULT_STRATEGY));
}

Gzip::~Gzip() {
  deflateEnd(&zlib_);
}

// Step 7: a transform may emit any number of chunks for each chunk it gets. Most of the time
// this one emits none: zlib keeps the bytes until it has enough of them.
void Gzip::transform(const Chunk& chunk, Done done) {
  give(zlib_, chunk.view());
  deflate_all(Z_NO_FLUSH);
  done({});
}

// Step 8: the bytes that zlib still keeps have to come out at the end, or the output is cut
// off. That is what `flush` is for, and it runs before `on_finish`.
void Gzip::flush(Done done) {
  give(zlib_, {});
  deflate_all(Z_FINISH);
  done({});
}

// Room that was not all used means that nothing more comes.
void Gzip::deflate_all(int mode) {
  do {
    auto [result, piece] = piece_of(zlib_, [&] { return deflate(&zlib_, mode); });
    push(Chunk(std::move(piece)));
  } while (zlib_.avail_out == 0);
}

Gunzip::Gunzip(Ticks& ticks) : Stream(ticks), Transform(ticks, kZlibMark) {
  check(inflateInit2(&zlib_, kGzipFormat));
}

Gunzip::~Gunzip() {
  inflateEnd(&zlib_);
}

void Gunzip::transform(const Chunk& chunk, Done done) {
  give(zlib_, chunk.view());
  do {
    if (whole_) {
      padded_ = padded_ || (zlib_.avail_in > 0 && *zlib_.next_in == 0);
      if (padded_ || zlib_.avail_in == 0) break;
      inflateReset(&zlib_);
    }
    auto [result, piece] =
        piece_of(zlib_, [this] { return inflate(&zlib_, Z_NO_FLUSH); });
    push(Chunk(std::move(piece)));
    whole_ = result == Z_STREAM_END;
    const bool needs_input = result == Z_BUF_ERROR;
    if (result != Z_OK && !whole_ && !needs_input)
      return done(Error("gunzip", zlib_.msg ? zlib_.msg : zError(result)));
  } while (zlib_.avail_out == 0 || zlib_.avail_in > 0);
  done({});
}

void Gunzip::flush(Done done) {
  if (!whole_) return done(Error("gunzip", "unexpected end of file"));
  done({});
}

}  // namespace lab04
