// What it costs to take a form apart, by the size of the pieces in which it comes.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "multipart.hpp"

namespace {

using namespace lab20;

constexpr const char* kDelimiter = "\r\n--boundary";

std::string form(char filler) {
  return "--boundary\r\nContent-Disposition: form-data; name=\"a\"; "
         "filename=\"a.bin\"\r\n\r\n" +
         std::string(1 << 20, filler) + kDelimiter + "--";
}

template <class Piece>
void in_pieces(benchmark::State& state, const std::string& body, Piece piece) {
  const auto size = static_cast<std::size_t>(state.range(0));
  for (std::size_t at = 0; at < body.size(); at += size)
    piece(std::string_view(body).substr(at, size));
}

// The baseline: each piece is searched for the delimiter, which may not be cut.
void BM_Multipart_Search(benchmark::State& state) {
  const std::string body = form('x');
  for (auto _ : state) {
    in_pieces(state, body, [](std::string_view piece) {
      benchmark::DoNotOptimize(
          memmem(piece.data(), piece.size(), kDelimiter, std::strlen(kDelimiter)));
    });
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(BM_Multipart_Search)->Arg(1 << 10)->Arg(16 << 10)->Arg(64 << 10);

void parse(benchmark::State& state, const std::string& body) {
  for (auto _ : state) {
    std::size_t bytes = 0;
    MultipartParser parser(
        "boundary", {[](const Part&) {},
                     [&bytes](std::string_view more) { bytes += more.size(); }, [] {}});
    in_pieces(state, body, [&](std::string_view piece) {
      benchmark::DoNotOptimize(parser.write(piece));
    });
    if (bytes != 1 << 20) state.SkipWithError("bytes were lost");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}

void BM_Multipart_Parse(benchmark::State& state) {
  parse(state, form('x'));
}
BENCHMARK(BM_Multipart_Parse)
    ->Arg(1)
    ->Arg(64)
    ->Arg(1 << 10)
    ->Arg(16 << 10)
    ->Arg(64 << 10);

// Every byte could begin a delimiter.
void BM_Multipart_Parse_LineEnds(benchmark::State& state) {
  parse(state, form('\r'));
}
BENCHMARK(BM_Multipart_Parse_LineEnds)->Arg(1 << 10)->Arg(64 << 10);

}  // namespace
