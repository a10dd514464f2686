// Lab 25's kata as a contestant: peers_25 PROGRAM COUNT runs a program that often. A step of
// the cycle is one run of the tests, in a process of their own.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "timed.hpp"

int main(int argc, char** argv) {
  if (argc != 3) throw std::invalid_argument("peers_25 PROGRAM COUNT");
  std::string program = argv[1];
  if (program.find('/') == program.npos)
    program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / program;
  setenv("LARGEST", "400", 1);
  peers::timed(std::stoll(argv[2]), [&](std::int64_t count) {
    std::int64_t green = 0;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", 1, 0);
    for (std::int64_t i = 0; i < count; ++i) {
      char* const args[] = {program.data(), nullptr};
      pid_t child = 0;
      int status = 1;
      if (posix_spawn(&child, program.c_str(), &quiet, nullptr, args, environ) == 0)
        waitpid(child, &status, 0);
      green += status == 0;
    }
    posix_spawn_file_actions_destroy(&quiet);
    return fmt::format("{} green", green);
  });
}
