// The stand-in service: each illness as its caller meets it, over real HTTP.
#include <gtest/gtest.h>

#include <future>

#include "payments_service.hpp"

namespace lab14 {
namespace {

using namespace std::chrono_literals;

TEST(PaymentsService, PaysWhileHealthy) {
  PaymentsService service;
  PaymentsClient client(service);
  EXPECT_TRUE(client.charge());
  EXPECT_TRUE(client.charge());
  EXPECT_EQ(service.received(), 2u);
}

TEST(PaymentsService, TakesACallThatItFails) {
  PaymentsService service;
  PaymentsClient client(service);
  service.become(Health::failing);
  EXPECT_FALSE(client.charge());
  EXPECT_EQ(service.received(), 1u);
}

TEST(PaymentsService, DoesNotEvenTakeACallThatItRefuses) {
  PaymentsService service;
  PaymentsClient client(service);
  service.become(Health::refusing);
  EXPECT_FALSE(client.charge());
  EXPECT_EQ(service.received(), 0u);
  service.become(Health::healthy);
  EXPECT_TRUE(client.charge());
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
  PaymentsClient client(service, 100ms);
  EXPECT_FALSE(client.charge());
  EXPECT_TRUE(service.wait_received(1));
}

TEST(PaymentsService, SpreadsItsFailuresEvenly) {
  PaymentsService service;
  PaymentsClient client(service);
  service.fail_share(1.0 / 3);
  for (int i = 1; i <= 9; ++i) EXPECT_EQ(client.charge(), i % 3 != 0) << "call " << i;
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
