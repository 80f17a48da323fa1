// Rules of sessions, reports, opinions, transmissions and publications.
#include "gtest/gtest.h"
#include "tests/support/rule_cases.h"

namespace registre::session_test {
namespace {

using testing::FakeView;
using testing::On;
using testing::RunCases;
using testing::Text;

TEST(SessionHeldTest, Cases) {
  using Act = v1::SessionHeld;
  const auto start = [](FakeView* view, Act* act) {
    view->OpenLedger();
    // Two of five are present: one less than the quorum.
    v1::Session& first = view->AddSession("first", v1::BODY_COMMISSION_PERMANENTE, "2023-09-15");
    for (int i = 2; i < 5; ++i) {
      first.mutable_held()->mutable_roster(i)->set_presence(v1::PRESENCE_ABSENT);
    }
    *act = Text<Act>(R"pb(
      session_id: "x"
      body: BODY_COMMISSION_PERMANENTE
      date { year: 2023 month: 9 day: 18 }
      chair: "A"
      secretary: "B"
      members_in_office: 5
      roster { member: "A" presence: PRESENCE_PRESENT }
      roster { member: "B" presence: PRESENCE_PRESENT }
      roster { member: "C" presence: PRESENCE_REPRESENTED proxy_holder: "B" }
      roster { member: "D" presence: PRESENCE_REPRESENTED proxy_holder: "A" }
      roster { member: "E" presence: PRESENCE_ABSENT }
      roster { member: "F" presence: PRESENCE_PRESENT without_vote: true }
    )pb");
  };
  const std::string kWrong = "ROSTER_INVALID";
  RunCases<Act>(
      start, {
                 {"NUMBER_TAKEN",
                  [](FakeView* view, Act*) {
                    view->AddSession("x", v1::BODY_COMMISSION_PERMANENTE, "2023-01-01");
                  },
                  "NUMBER_TAKEN",
                  {},
                  {"session x"}},
                 {"a member twice",
                  [](FakeView*, Act* act) { act->mutable_roster(4)->set_member("A"); },
                  kWrong,
                  {},
                  {"A stands twice"}},
                 {"chair not on the roster",
                  [](FakeView*, Act* act) { act->set_chair("Z"); },
                  kWrong,
                  {},
                  {"chair Z"}},
                 {"chair absent",
                  [](FakeView*, Act* act) { act->set_chair("E"); },
                  kWrong,
                  {},
                  {"chair E"}},
                 {"chair without a vote",
                  [](FakeView*, Act* act) { act->set_chair("F"); },
                  kWrong,
                  {},
                  {"chair F"}},
                 {"secretary not on the roster",
                  [](FakeView*, Act* act) { act->set_secretary("Z"); },
                  kWrong,
                  {},
                  {"secretary Z"}},
                 {"secretary absent",
                  [](FakeView*, Act* act) { act->set_secretary("E"); },
                  kWrong,
                  {},
                  {"secretary E"}},
                 {"no secretary", [](FakeView*, Act* act) { act->clear_secretary(); }, "", {}, {}},
                 {"more members than in office",
                  [](FakeView*, Act* act) { act->set_members_in_office(4); },
                  kWrong,
                  {},
                  {"5", "4"}},
                 {"members who are not named",
                  [](FakeView*, Act* act) { act->set_members_in_office(50); },
                  "",
                  {},
                  {}},
                 {"holder not on the roster",
                  [](FakeView*, Act* act) { act->mutable_roster(2)->set_proxy_holder("Z"); },
                  kWrong,
                  {},
                  {"Z"}},
                 {"holder absent",
                  [](FakeView*, Act* act) { act->mutable_roster(2)->set_proxy_holder("E"); },
                  kWrong,
                  {},
                  {"not present"}},
                 {"holder represented",
                  [](FakeView*, Act* act) { act->mutable_roster(2)->set_proxy_holder("D"); },
                  kWrong,
                  {},
                  {"not present"}},
                 {"holder without a vote",
                  [](FakeView*, Act* act) { act->mutable_roster(2)->set_proxy_holder("F"); },
                  kWrong,
                  {},
                  {"no vote"}},
                 {"holder of the own proxy",
                  [](FakeView*, Act* act) { act->mutable_roster(2)->set_proxy_holder("C"); },
                  kWrong,
                  {},
                  {"C"}},
                 {"a proxy of a present member",
                  [](FakeView*, Act* act) { act->mutable_roster(0)->set_proxy_holder("B"); },
                  kWrong,
                  {},
                  {"A gives a proxy to B"}},
                 {"represented without a vote",
                  [](FakeView*, Act* act) {
                    act->mutable_roster(5)->set_presence(v1::PRESENCE_REPRESENTED);
                  },
                  kWrong,
                  {},
                  {"F"}},
                 {"two proxies",
                  [](FakeView*, Act* act) { act->mutable_roster(3)->set_proxy_holder("B"); },
                  kWrong,
                  {},
                  {"B holds 2 proxies", "L.3121-16"}},
                 {"two proxies in the health emergency",
                  [](FakeView*, Act* act) {
                    act->mutable_roster(3)->set_proxy_holder("B");
                    *act->mutable_date() = On("2021-03-15");
                  },
                  "",
                  {},
                  {}},
                 {"PROXY_HOLDER_UNKNOWN, one a member",
                  [](FakeView*, Act* act) {
                    act->mutable_roster(2)->clear_proxy_holder();
                    act->mutable_roster(3)->clear_proxy_holder();
                  },
                  "",
                  {"PROXY_HOLDER_UNKNOWN information C", "PROXY_HOLDER_UNKNOWN information D"},
                  {}},
                 {"a second meeting three days later",
                  [](FakeView*, Act* act) { act->set_second_meeting_of("first"); },
                  "",
                  {},
                  {}},
                 {"a second meeting two days later",
                  [](FakeView*, Act* act) {
                    act->set_second_meeting_of("first");
                    *act->mutable_date() = On("2023-09-17");
                  },
                  "QUORUM_MISSING",
                  {},
                  {"3 days", "2 days"}},
                 {"a second meeting of another body",
                  [](FakeView*, Act* act) {
                    act->set_second_meeting_of("first");
                    act->set_body(v1::BODY_CONSEIL_DEPARTEMENTAL);
                  },
                  "QUORUM_MISSING",
                  {},
                  {"body"}},
                 {"a second meeting of one that had its quorum with a proxy",
                  [](FakeView* view, Act* act) {
                    act->set_second_meeting_of("first");
                    view->RowOf("session:first")
                        .mutable_session()
                        ->mutable_held()
                        ->mutable_roster(2)
                        ->set_presence(v1::PRESENCE_REPRESENTED);
                  },
                  "QUORUM_MISSING",
                  {},
                  {"session first", "3 members present or represented for a quorum of 3"}},
                 {"a second meeting of a conseil, whose proxies make no quorum",
                  [](FakeView* view, Act* act) {
                    act->set_second_meeting_of("first");
                    act->set_body(v1::BODY_CONSEIL_DEPARTEMENTAL);
                    v1::SessionHeld* held =
                        view->RowOf("session:first").mutable_session()->mutable_held();
                    held->set_body(v1::BODY_CONSEIL_DEPARTEMENTAL);
                    held->mutable_roster(2)->set_presence(v1::PRESENCE_REPRESENTED);
                  },
                  "",
                  {},
                  {}},
                 {"a second meeting of one that voted",
                  [](FakeView* view, Act* act) {
                    act->set_second_meeting_of("first");
                    view->RowOf("session:first").mutable_session()->add_deliberations("2023-400");
                  },
                  "QUORUM_MISSING",
                  {},
                  {"voted deliberation 2023-400"}},
                 {"a second meeting of a second meeting",
                  [](FakeView* view, Act* act) {
                    act->set_second_meeting_of("first");
                    view->RowOf("session:first")
                        .mutable_session()
                        ->mutable_held()
                        ->set_second_meeting_of("zero");
                  },
                  "QUORUM_MISSING",
                  {},
                  {"itself a second meeting"}},
                 {"another second meeting",
                  [](FakeView* view, Act* act) {
                    act->set_second_meeting_of("first");
                    view->RowOf("session:first").mutable_session()->set_second_meeting_id("y");
                  },
                  "QUORUM_MISSING",
                  {},
                  {"has its second meeting, session y"}},
                 {"as many proxies without holder as the present may hold",
                  [](FakeView*, Act* act) {
                    act->mutable_roster(2)->clear_proxy_holder();
                    act->mutable_roster(3)->clear_proxy_holder();
                    act->mutable_roster(4)->set_presence(v1::PRESENCE_EXCUSED);
                  },
                  "",
                  {"PROXY_HOLDER_UNKNOWN information C", "PROXY_HOLDER_UNKNOWN information D"},
                  {}},
                 {"one proxy more than the present may hold",
                  [](FakeView*, Act* act) {
                    act->mutable_roster(2)->clear_proxy_holder();
                    act->mutable_roster(3)->clear_proxy_holder();
                    act->mutable_roster(4)->set_presence(v1::PRESENCE_REPRESENTED);
                  },
                  kWrong,
                  {},
                  {"3 members are represented and 2 are present", "2 at most"}},
                 {"one proxy more, in the health emergency",
                  [](FakeView*, Act* act) {
                    act->mutable_roster(4)->set_presence(v1::PRESENCE_REPRESENTED);
                    *act->mutable_date() = On("2021-03-15");
                  },
                  "",
                  {"PROXY_HOLDER_UNKNOWN information E"},
                  {}},
                 {"a member twice, in other letters",
                  [](FakeView*, Act* act) {
                    act->mutable_roster(3)->set_member("M. Jean LÉON");
                    act->mutable_roster(4)->set_member("M. JEAN  LEON ");
                  },
                  kWrong,
                  {},
                  {"M. JEAN  LEON  stands twice", "also as M. Jean LÉON"}},
                 {"two members of a small word apart",
                  [](FakeView*, Act* act) {
                    act->mutable_roster(3)->set_member("M. Jean LÉON");
                    act->mutable_roster(4)->set_member("M. Jean LE LÉON");
                  },
                  "",
                  {},
                  {}},
                 {"a second meeting of none",
                  [](FakeView*, Act* act) { act->set_second_meeting_of("none"); },
                  "REFERENCE_UNKNOWN",
                  {},
                  {"session none"}},
             });
}

TEST(ReportTabledTest, Cases) {
  using Act = v1::ReportTabled;
  const auto start = [](FakeView* view, Act* act) {
    view->OpenLedger();
    v1::Session& session = view->AddSession("x", v1::BODY_COMMISSION_PERMANENTE, "2023-09-18");
    session.add_reports()->set_report_number("70");  // an opinion is known, the report is not
    *act = Text<Act>(
        "session_id: 'x' report_number: '70' title: 'T' date { year: 2023 month: 9 day: 18 }");
  };
  RunCases<Act>(
      start,
      {
          {"REFERENCE_UNKNOWN",
           [](FakeView*, Act* act) { act->set_session_id("y"); },
           "REFERENCE_UNKNOWN",
           {},
           {"session y"}},
          {"NUMBER_TAKEN",
           [](FakeView* view, Act*) {
             view->RowOf("session:x").mutable_session()->mutable_reports(0)->set_tabled(true);
           },
           "NUMBER_TAKEN",
           {},
           {"70"}},
          {"before the session",
           [](FakeView*, Act* act) { *act->mutable_date() = On("2023-09-01"); },
           "",
           {},
           {}},
          {"PERIOD_INVALID",
           [](FakeView*, Act* act) { *act->mutable_date() = On("2023-09-19"); },
           "PERIOD_INVALID",
           {},
           {"19/09/2023", "18/09/2023"}},
      });
}

TEST(OpinionGivenTest, Cases) {
  using Act = v1::OpinionGiven;
  const auto start = [](FakeView* view, Act* act) {
    view->OpenLedger();
    v1::Report& report =
        *view->AddSession("x", v1::BODY_COMMISSION_PERMANENTE, "2023-09-18").add_reports();
    report.set_report_number("70");
    report.set_tabled(true);
    *act = Text<Act>(R"pb(
      session_id: "x"
      report_number: "70"
      commission: "2ème commission"
      opinion: ADVICE_FAVOURABLE
      date { year: 2023 month: 9 day: 5 }
    )pb");
  };
  RunCases<Act>(start, {
                           {"REFERENCE_UNKNOWN",
                            [](FakeView*, Act* act) { act->set_session_id("y"); },
                            "REFERENCE_UNKNOWN",
                            {},
                            {}},
                           {"REFERENCE_UNKNOWN, report",
                            [](FakeView*, Act* act) { act->set_report_number("71"); },
                            "REFERENCE_UNKNOWN",
                            {},
                            {"report 71", "session x"}},
                           {"on the day of the session",
                            [](FakeView*, Act* act) { *act->mutable_date() = On("2023-09-18"); },
                            "",
                            {},
                            {}},
                           {"PERIOD_INVALID",
                            [](FakeView*, Act* act) { *act->mutable_date() = On("2023-09-19"); },
                            "PERIOD_INVALID",
                            {},
                            {"19/09/2023", "18/09/2023"}},
                       });
}

TEST(DeliberationTransmittedTest, Cases) {
  using Act = v1::DeliberationTransmitted;
  const auto start = [](FakeView* view, Act* act) {
    view->OpenLedger();
    view->AddDeliberation("2023-405", v1::BODY_COMMISSION_PERMANENTE, "2023-09-18");
    view->AddDeliberation("2023-number-too-long", v1::BODY_COMMISSION_PERMANENTE, "2023-09-18");
    view->AddDeliberation("2023-4b", v1::BODY_COMMISSION_PERMANENTE, "2023-09-18");
    *act = Text<Act>(
        "number: '2023-405' ctes_number: '2023_405' date { year: 2023 month: 9 day: 18 }");
  };
  RunCases<Act>(start, {
                           {"REFERENCE_UNKNOWN",
                            [](FakeView*, Act* act) { act->set_number("2023-1"); },
                            "REFERENCE_UNKNOWN",
                            {},
                            {}},
                           {"another number",
                            [](FakeView*, Act* act) { act->set_ctes_number("2023405"); },
                            "TRANSMISSION_FORM",
                            {},
                            {"2023_405", "2023405"}},
                           {"a small letter",
                            [](FakeView*, Act* act) {
                              act->set_number("2023-4b");
                              act->set_ctes_number("2023_4_");
                            },
                            "",
                            {},
                            {}},
                           {"a number too long to be kept",
                            [](FakeView*, Act* act) {
                              act->set_number("2023-number-too-long");
                              act->set_ctes_number("2023_TOO_LONG");
                            },
                            "",
                            {},
                            {}},
                           {"before the vote",
                            [](FakeView*, Act* act) { *act->mutable_date() = On("2023-09-17"); },
                            "TRANSMISSION_FORM",
                            {},
                            {"17/09/2023", "18/09/2023"}},
                           {"twice",
                            [](FakeView* view, Act*) {
                              *view->RowOf("deliberation:2023-405")
                                   .mutable_deliberation()
                                   ->mutable_transmitted_on() = On("2023-09-20");
                            },
                            "ALREADY_TRANSMITTED",
                            {},
                            {"20/09/2023"}},
                           {"a rejected one",
                            [](FakeView* view, Act*) {
                              view->RowOf("deliberation:2023-405")
                                  .mutable_deliberation()
                                  ->set_result(v1::VOTE_RESULT_REJECTED);
                            },
                            "",
                            {},
                            {}},
                       });
}

TEST(DeliberationPublishedTest, Cases) {
  using Act = v1::DeliberationPublished;
  const auto start = [](FakeView* view, Act* act) {
    view->OpenLedger();
    view->AddDeliberation("2023-405", v1::BODY_COMMISSION_PERMANENTE, "2023-09-18");
    *act = Text<Act>("number: '2023-405' date { year: 2023 month: 9 day: 18 }");
  };
  RunCases<Act>(
      start,
      {
          {"REFERENCE_UNKNOWN",
           [](FakeView*, Act* act) { act->set_number("2023-1"); },
           "REFERENCE_UNKNOWN",
           {},
           {}},
          {"before the vote",
           [](FakeView*, Act* act) { *act->mutable_date() = On("2023-09-17"); },
           "PERIOD_INVALID",
           {},
           {"17/09/2023"}},
          {"twice",
           [](FakeView* view, Act*) {
             *view->RowOf("deliberation:2023-405").mutable_deliberation()->mutable_published_on() =
                 On("2023-09-20");
           },
           "ALREADY_PUBLISHED",
           {},
           {"20/09/2023"}},
      });
}

}  // namespace
}  // namespace registre::session_test
