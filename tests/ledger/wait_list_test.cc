#include "ledger/wait_list.h"

#include <gtest/gtest.h>

namespace registre::testing {
namespace {

class WaitListTest : public ::testing::Test {
 protected:
  WaitList::Id Wait(uint64_t seen) {
    return waiters_.Wait(seen, [this] { ++woken_; });
  }

  WaitList waiters_;
  int woken_ = 0;
};

TEST_F(WaitListTest, EachWaiterIsWokenOnce) {
  Wait(waiters_.changes());
  Wait(waiters_.changes());
  EXPECT_EQ(woken_, 0);
  waiters_.Wake();
  EXPECT_EQ(woken_, 2);
  waiters_.Wake();
  EXPECT_EQ(woken_, 2);
}

TEST_F(WaitListTest, WhatChangesBetweenTheLookAndTheWaitIsNotMissed) {
  const uint64_t seen = waiters_.changes();
  waiters_.Wake();
  Wait(seen);
  EXPECT_EQ(woken_, 1);
  Wait(waiters_.changes());
  EXPECT_EQ(woken_, 1) << "what was seen is waited for no more";
}

TEST_F(WaitListTest, WhoCancelsIsNotWoken) {
  waiters_.Cancel(Wait(waiters_.changes()));
  waiters_.Wake();
  EXPECT_EQ(woken_, 0);
}

}  // namespace
}  // namespace registre::testing
