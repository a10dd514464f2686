#include "loader.hpp"

#include <gmock/gmock.h>

namespace lab17 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Keys = std::vector<int>;

class LoaderTest : public testing::Test {
 protected:
  using Values = std::map<int, Outcome>;

  // A loop iteration: what was deferred runs at its end.
  void next_iteration() {
    for (const auto& call : std::exchange(deferred_, {})) call();
  }
  Reply into(Json& got) {
    return [&got](const Outcome& outcome) {
      const auto* failure = std::get_if<Failure>(&outcome);
      got = failure ? Json(failure->message) : std::get<Json>(outcome);
    };
  }
  void answer_batch(std::size_t number, Values values) {
    answers_.at(number)(std::move(values));
  }

  std::vector<std::function<void()>> deferred_;
  std::vector<Keys> batches_;
  std::vector<std::function<void(Values)>> answers_;
  Loader<int> loader_{[this](auto call) { deferred_.push_back(call); },
                      [this](const Keys& keys, const auto& answer) {
                        batches_.push_back(keys);
                        answers_.push_back(answer);
                      }};
  Json a_ = "none", b_ = "none", c_ = "none";
};

TEST_F(LoaderTest, AsksOnceForTheKeysOfOneIteration) {
  loader_.load(7, into(a_));
  loader_.load(3, into(b_));
  loader_.load(7, into(c_));
  EXPECT_THAT(batches_, IsEmpty()) << "more may come in this iteration";
  next_iteration();
  EXPECT_THAT(batches_, ElementsAre(Keys{7, 3}));
  answer_batch(0, {{3, Json(30)}, {7, Json(70)}});
  EXPECT_EQ(a_, 70);
  EXPECT_EQ(b_, 30);
  EXPECT_EQ(c_, 70);
}

TEST_F(LoaderTest, AsksAgainInTheNextIteration) {
  loader_.load(1, into(a_));
  next_iteration();
  loader_.load(2, into(b_));
  next_iteration();
  EXPECT_THAT(batches_, ElementsAre(Keys{1}, Keys{2}));
}

TEST_F(LoaderTest, RepliesAtOnceToAKeyThatItKnows) {
  loader_.load(1, into(a_));
  next_iteration();
  answer_batch(0, {{1, Json(10)}});
  loader_.load(1, into(b_));
  EXPECT_EQ(b_, 10);
  EXPECT_THAT(deferred_, IsEmpty());
}

TEST_F(LoaderTest, LetsAKnownKeyWaitForTheBatchThatIsOpen) {
  loader_.load(1, into(a_));
  next_iteration();
  answer_batch(0, {{1, Json(10)}});
  loader_.load(2, into(b_));
  loader_.load(1, into(c_));
  EXPECT_EQ(c_, "none") << "so that what it asks for next shares a batch with key 2's";
  next_iteration();
  answer_batch(1, {{2, Json(20)}});
  EXPECT_EQ(c_, 10);
  EXPECT_THAT(batches_, ElementsAre(Keys{1}, Keys{2}));
}

TEST_F(LoaderTest, JoinsAKeyWhoseBatchIsUnderWay) {
  loader_.load(1, into(a_));
  next_iteration();
  loader_.load(1, into(b_));
  next_iteration();
  EXPECT_THAT(batches_, ElementsAre(Keys{1}));
  answer_batch(0, {{1, Json(10)}});
  EXPECT_EQ(a_, 10);
  EXPECT_EQ(b_, 10);
}

TEST_F(LoaderTest, AKeyWithoutAnAnswerIsNullAndAFailureStaysWithItsKey) {
  loader_.load(1, into(a_));
  loader_.load(2, into(b_));
  next_iteration();
  answer_batch(0, {{2, Failure{"gone"}}});
  EXPECT_TRUE(a_.is_null());
  EXPECT_EQ(b_, "gone");
}

TEST_F(LoaderTest, WhatRepliesAskForSharesTheNextBatch) {
  for (const int key : {1, 2}) {
    loader_.load(key, [this, key](const Outcome&) { loader_.load(key + 10, into(a_)); });
  }
  next_iteration();
  answer_batch(0, {});
  next_iteration();
  EXPECT_THAT(batches_, ElementsAre(Keys{1, 2}, Keys{11, 12}));
}

}  // namespace
}  // namespace lab17
