#include "world/victim.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include "line_sink.hpp"
#include "logging.hpp"

namespace lab26 {

namespace {

void end(const std::string& ending) {
  const rlimit no_core{};
  setrlimit(RLIMIT_CORE, &no_core);
  if (ending == "exits at once") _exit(0);
  const int signal = ending == "abort"     ? SIGABRT
                     : ending == "SIGSEGV" ? SIGSEGV
                                           : SIGKILL;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

// Step 9: if you need each line before a crash, write at once. If you need speed, queue the
// lines and flush where it matters.
int victim(std::span<const std::string> args) {
  LogOptions options;
  options.queue_bytes = args[1] == "sync" ? 0 : 1 << 20;
  options.gather_bytes = options.queue_bytes;  // as pino's minLength, so all of it waits
  options.gather_for = lab::TimeSpan::kForEver;
  Logger log({std::make_shared<LineSink>(args[0])}, options);
  for (int i = 0; i < kVictimLines; ++i) {
    log.log(Level::info, "request served", {{"n", i}});
  }
  if (args[1] == "flushed" && !log.flush(std::chrono::seconds(20))) return 1;
  if (args[2] != kEndings[0]) end(args[2]);
  return 0;
}

}  // namespace lab26
