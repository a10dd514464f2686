// given_broker.hpp: tests that share one RabbitMQ, because a broker takes seconds to start.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "lab/db/rabbit_server.hpp"
#include "support/own_run.hpp"

namespace lab::test {

class GivenBroker : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    run_.emplace();
    server_.emplace();
  }
  static void TearDownTestSuite() {
    server_.reset();
    run_.reset();
  }

  static inline std::optional<OwnRun> run_;
  static inline std::optional<RabbitServer> server_;
};

}  // namespace lab::test
