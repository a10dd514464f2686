// docker-compose.yml and the Dockerfile, as far as they can be judged without Docker.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "support/places.hpp"

namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

std::string text_of(const char* name) {
  std::ifstream file(lab::test::source(name));
  return {std::istreambuf_iterator<char>(file), {}};
}

int exit_code(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Compose, IsValid) {
  std::string compose = "docker-compose";
  if (exit_code("docker-compose --version > /dev/null 2>&1") != 0) {
    compose = "docker compose";
    if (exit_code("docker compose version > /dev/null 2>&1") != 0) {
      GTEST_SKIP() << "there is no docker-compose (apt-get install docker-compose)";
    }
  }
  EXPECT_EQ(
      exit_code(compose + " -f " + lab::test::source("docker-compose.yml config -q")), 0);
}

TEST(Compose, OpensPortsOnLoopbackOnly) {
  const std::string text = text_of("docker-compose.yml");
  EXPECT_THAT(text, HasSubstr("ports: [\"127.0.0.1:16379:6379\"]"));
  EXPECT_THAT(text, HasSubstr("ports: [\"127.0.0.1:15432:5432\"]"));
  EXPECT_THAT(text, HasSubstr("ports: [\"127.0.0.1:15672:5672\"]"));
  EXPECT_THAT(text, Not(ContainsRegex("ports: \\[\"[0-9]+:")));
}

TEST(Compose, TheLinesToPasteNameThosePorts) {
  const std::string text = text_of("docker-compose.yml");
  EXPECT_THAT(text, HasSubstr("export LAB_REDIS_URL=redis://127.0.0.1:16379\n"));
  EXPECT_THAT(
      text,
      HasSubstr("export LAB_POSTGRES_URL=postgresql://lab:lab@127.0.0.1:15432/lab\n"));
  EXPECT_THAT(text, HasSubstr("export LAB_AMQP_URL=amqp://lab:lab@127.0.0.1:15672\n"));
}

// tests/fresh_machine.sh --image takes the steps line by line.
TEST(Image, HasEachStepOnOneLine) {
  const std::string text = text_of("Dockerfile");
  EXPECT_THAT(text, Not(HasSubstr("\\\n")));
  EXPECT_THAT(text, HasSubstr("FROM debian:12\n"));
  EXPECT_THAT(text, HasSubstr("RUN ./lab setup all"));
  EXPECT_THAT(text, HasSubstr("RUN ./lab build"));
}

}  // namespace
