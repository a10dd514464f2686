// What an install costs before it touches the network: to resolve, to write and read the
// lock, and to check a tarball.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <cstdint>
#include <optional>

#include "installer.hpp"
#include "lockfile.hpp"

namespace {

using namespace lab09;

// Package i asks for the two after it: everything is shared at the root.
Registry registry_of(std::int64_t packages) {
  return [packages](const std::string& name) -> std::optional<Package> {
    const int number = std::stoi(name.substr(1));
    Package package{"1.9.0", {}};
    for (int minor = 0; minor < 10; ++minor) {
      Release release{fmt::format("1.{}.0", minor), "http://127.0.0.1/" + name,
                      "sha512-" + std::string(88, 'A')};
      for (const int next : {2 * number + 1, 2 * number + 2}) {
        if (next < packages) release.dependencies[fmt::format("p{}", next)] = "^1.0.0";
      }
      package.releases.push_back(std::move(release));
    }
    return package;
  };
}

const Project kProject{.name = "shop", .dependencies = {{"p0", "^1.0.0"}}};

Lock lock_of(std::int64_t packages) {
  return std::get<Lock>(resolve(kProject, registry_of(packages)));
}

// The baseline: each package is asked for once, and nothing is decided.
void BM_Resolve_AskTheRegistry(benchmark::State& state) {
  const Registry registry = registry_of(state.range(0));
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i)
      benchmark::DoNotOptimize(registry(fmt::format("p{}", i)));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Resolve_AskTheRegistry)->Arg(10)->Arg(100);

void BM_Resolve_Anew(benchmark::State& state) {
  const Registry registry = registry_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(resolve(kProject, registry));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Resolve_Anew)->Arg(10)->Arg(100);

void BM_Resolve_WithItsLock(benchmark::State& state) {
  const Registry registry = registry_of(state.range(0));
  const Lock lock = lock_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(resolve(kProject, registry, lock));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Resolve_WithItsLock)->Arg(10)->Arg(100);

void BM_Lock_WriteAndRead(benchmark::State& state) {
  const Lock lock = lock_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(Lock::parse(lock.str()));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Lock_WriteAndRead)->Arg(10)->Arg(100);

// The baseline of a check: the hash alone.
void BM_Integrity_HashAlone(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  unsigned char hash[EVP_MAX_MD_SIZE];
  for (auto _ : state) {
    EVP_Digest(bytes.data(), bytes.size(), hash, nullptr, EVP_sha512(), nullptr);
    benchmark::DoNotOptimize(hash);
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Integrity_HashAlone)->Arg(1 << 10)->Arg(1 << 20);

void BM_Integrity_Check(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(integrity_of(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Integrity_Check)->Arg(1 << 10)->Arg(1 << 20);

}  // namespace
