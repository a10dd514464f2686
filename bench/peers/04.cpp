// Lab 04's streams as a contestant, and the commands beside them:
//   peers_04 NAME FROM TO COUNT   COUNT copies of a file
//   peers_04 serve FILE           the files, in memory; it writes there where they are
#include <fcntl.h>
#include <sys/sendfile.h>

#include <functional>
#include <iterator>
#include <map>
#include <stdexcept>

#include "gzip.hpp"
#include "lab/os/process.hpp"
#include "lab/stream/file.hpp"
#include "lab/stream/pipe.hpp"
#include "memory_file.hpp"
#include "offer.hpp"
#include "timed.hpp"

namespace {

constexpr std::size_t kSize = std::size_t{32} << 20;
constexpr int kLevel = 1;

struct Job {
  std::string from, to;
};

void run_pipeline(const Job& job, std::size_t chunk, bool through_gzip) {
  lab::uv::Loop loop;
  lab::Ticks ticks;
  lab::FileSource source(ticks, loop, job.from, chunk);
  lab::FileSink sink(ticks, loop, job.to, chunk);
  lab04::Gzip gzip(ticks, kLevel);
  std::optional<lab::Error> failed;
  const auto told = [&](const std::optional<lab::Error>& error) { failed = error; };
  ticks.run([&] {
    if (through_gzip)
      pipeline(source, {&gzip}, sink, told);
    else
      pipeline(source, {}, sink, told);
  });
  loop.run();
  if (failed) throw lab::Error(*failed);
}

void copy(const Job& job) {
  run_pipeline(job, std::size_t{64} << 10, false);
}

void copy_by_128_kib(const Job& job) {
  run_pipeline(job, std::size_t{128} << 10, false);
}

void copy_by_1_mib(const Job& job) {
  run_pipeline(job, std::size_t{1} << 20, false);
}

void zip(const Job& job) {
  run_pipeline(job, std::size_t{64} << 10, true);
}

// The kernel alone: no byte comes into this process.
void send_file(const Job& job) {
  const int in = open(job.from.c_str(), O_RDONLY | O_CLOEXEC);
  const int out = open(job.to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  while (lab::check_errno(sendfile(out, in, nullptr, kSize), "sendfile") > 0) {
  }
  close(in);
  close(out);
}

void run_command(const Job& job, const std::string& command) {
  lab::Child child =
      lab::Child::run({"sh", "-c", command + " <\"$1\" >\"$2\"", "sh", job.from, job.to});
  if (!child.wait().ok()) throw lab::Error("run " + command, child.wait().err);
}

std::string content(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"),
                                                        gzclose);
  std::string all(kSize + 1, '\0');  // plain bytes are read as they are
  const int size = gzread(file.get(), all.data(), kSize + 1);
  all.resize(static_cast<std::size_t>(std::max(size, 0)));
  return all;
}

const std::map<std::string, std::function<void(const Job&)>> kContestants = {
    {"copy", copy},
    {"medium", copy_by_128_kib},
    {"large", copy_by_1_mib},
    {"gzip", zip},
    {"sendfile", send_file},
    {"cat", [](const Job& job) { run_command(job, "cat"); }},
    {"gzip-command", [](const Job& job) { run_command(job, "gzip -1"); }}};

void serve(const std::string& offer) {
  const peers::MemoryFile from(peers::words(kSize)), to;
  peers::offer(offer, {{"from", from.path()}, {"to", to.path()}});
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 3) serve(argv[2]);
  if (argc != 5) throw std::invalid_argument("peers_04 NAME FROM TO COUNT");
  const Job job{argv[2], argv[3]};
  const auto& work = kContestants.at(argv[1]);
  const std::string wanted = content(job.from);
  peers::timed(
      std::stoll(argv[4]),
      [&](std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) work(job);
        return fmt::format("{} copies", count);
      },
      peers::own_cpu_ns,
      [&] { return content(job.to) == wanted ? ", whole" : ", not whole"; });
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
