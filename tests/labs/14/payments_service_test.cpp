// The stand-in service: each illness as its caller meets it, over real HTTP.
#include "world/payments_service.hpp"

#include <gtest/gtest.h>

#include <future>

namespace lab14 {
namespace {

using namespace std::chrono_literals;

TEST(PaymentsService, PaysWhileHealthy) {
  PaymentsService service;
  PaymentsClient client(service);
  EXPECT_TRUE(client.charge());
  EXPECT_TRUE(client.charge());
  EXPECT_EQ(service.received(), 2);
}

TEST(PaymentsService, TakesACallThatItFails) {
  PaymentsService service;
  PaymentsClient client(service);
  service.become(Health::failing);
  EXPECT_FALSE(client.charge());
  EXPECT_EQ(service.received(), 1);
}

TEST(PaymentsService, AnswersWhatHangsWithWhatItBecomes) {
  PaymentsService service;
  for (const auto& [then, paid] :
       {std::pair{Health::healthy, true}, {Health::failing, false}}) {
    service.become(Health::hanging);
    const auto before = service.received();
    auto charge =
        std::async(std::launch::async, [&] { return PaymentsClient(service).charge(); });
    ASSERT_TRUE(service.wait_received(before + 1));
    EXPECT_EQ(charge.wait_for(0s), std::future_status::timeout);
    service.become(then);
    EXPECT_EQ(charge.get(), paid);
  }
}

TEST(PaymentsService, LeavesACallerThatHangsToItsTimeout) {
  PaymentsService service;
  service.become(Health::hanging);
  PaymentsClient client(service, "app", 100ms);
  EXPECT_FALSE(client.charge());
  EXPECT_TRUE(service.wait_received(1));
}

TEST(PaymentsService, SucceedsWhileSlowButTakesItsTime) {
  PaymentsService service;
  service.become(Health::slow);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(PaymentsClient(service).charge());
  EXPECT_GE(std::chrono::steady_clock::now() - start, kSlow);
}

TEST(PaymentsService, IsWaitedForForEverIfThatIsTheTimeout) {
  PaymentsService service;
  auto charge = std::async(std::launch::async, [&] {
    return PaymentsClient(service, "app", std::chrono::milliseconds::max()).charge();
  });
  EXPECT_TRUE(service.wait_received(1, std::chrono::hours::max()));
  EXPECT_TRUE(charge.get());
}

TEST(PaymentsService, GoesThoughACallStillHangs) {
  auto service = std::make_unique<PaymentsService>();
  service->become(Health::hanging);
  auto charge = std::async(std::launch::async, [port = std::ref(*service)] {
    return PaymentsClient(port).charge();
  });
  ASSERT_TRUE(service->wait_received(1));
  service.reset();
  EXPECT_FALSE(charge.get());
}

}  // namespace
}  // namespace lab14
