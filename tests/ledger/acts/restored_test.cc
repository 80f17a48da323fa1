// Rules of the restoration of a ledger from a backup.
#include <gtest/gtest.h>

#include <string>

#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "registre/v1/control.pb.h"
#include "tests/support/fake_view.h"
#include "tests/support/rule_cases.h"

namespace registre::testing::restored_test {
namespace {

void Start(FakeView* view, v1::LedgerRestored* act) {
  view->OpenLedger().mutable_opened()->set_origin("registre.example/a");
  act->set_previous_origin("registre.example/a");
  act->set_origin("registre.example/a/restored-5");
  act->set_log_size(5);
  act->set_log_root(BytesOf(Sha256("root")));
  act->set_reason("le disque est perdu");
}

void AddRestoration(FakeView* view) {
  view->RowOf(kLedgerKey)
      .mutable_ledger()
      ->add_restorations()
      ->set_origin("registre.example/a/restored-3");
}

TEST(LedgerRestoredTest, Cases) {
  RunCases<v1::LedgerRestored>(
      Start, {
                 {"of another log",
                  [](auto*, auto* act) { act->set_previous_origin("other.example/b"); },
                  "RESTORE_INVALID",
                  {},
                  {"from origin other.example/b", "whose origin is registre.example/a"}},
                 {"under the same origin",
                  [](auto*, auto* act) { act->set_origin("registre.example/a"); },
                  "RESTORE_INVALID",
                  {},
                  {}},
                 {"a second one, of the first origin",
                  [](auto* view, auto*) { AddRestoration(view); },
                  "RESTORE_INVALID",
                  {},
                  {"whose origin is registre.example/a/restored-3"}},
                 {"a second one",
                  [](auto* view, auto* act) {
                    AddRestoration(view);
                    act->set_previous_origin("registre.example/a/restored-3");
                  },
                  "",
                  {},
                  {}},
             });
}

absl::Status JudgeAt(const LogHead& head, uint64_t size, const Hash& root) {
  FakeView view;
  v1::Act act;
  Start(&view, act.mutable_ledger_restored());
  act.mutable_ledger_restored()->set_log_size(size);
  act.mutable_ledger_restored()->set_log_root(BytesOf(root));
  std::vector<v1::Flag> flags;
  return Decide({.view = view,
                 .today = 0,
                 .actor = "registre:restore",
                 .flags = &flags,
                 .log_head = [&] { return head; }},
                &act);
}

TEST(LedgerRestoredTest, SaysWhatTheLogIs) {
  const LogHead head = {5, Sha256("root")};
  EXPECT_TRUE(JudgeAt(head, 5, head.root).ok());
  EXPECT_EQ(ReasonOf(JudgeAt(head, 4, head.root)), "RESTORE_INVALID");
  EXPECT_EQ(ReasonOf(JudgeAt(head, 6, head.root)), "RESTORE_INVALID");
  EXPECT_EQ(ReasonOf(JudgeAt(head, 5, Sha256("other"))), "RESTORE_INVALID");
}

TEST(LedgerRestoredTest, EventsAreSharedWithTheOriginsBefore) {
  v1::Ledger ledger;
  EXPECT_GT(EventsSharedWith(ledger, ""), 1'000'000u) << "nothing was restored";
  ledger.mutable_opened()->set_origin("a");
  EXPECT_GT(EventsSharedWith(ledger, "a"), 1'000'000u);
  EXPECT_EQ(EventsSharedWith(ledger, "b"), 0u);
  uint64_t size = 5;
  for (const char* origin : {"b", "c"}) {
    v1::LedgerRestored act;
    act.set_previous_origin(OriginOf(ledger));
    act.set_origin(origin);
    act.set_log_size(size);
    *ledger.add_restorations() = act;
    size += 4;
  }
  EXPECT_EQ(EventsSharedWith(ledger, "a"), 5u);
  EXPECT_EQ(EventsSharedWith(ledger, "b"), 9u);
  EXPECT_GT(EventsSharedWith(ledger, "c"), 1'000'000u);
  EXPECT_EQ(EventsSharedWith(ledger, "d"), 0u);
}

}  // namespace
}  // namespace registre::testing::restored_test
