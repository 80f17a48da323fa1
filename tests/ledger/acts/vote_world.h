// A session and a deliberation that the tests of votes start from.
#ifndef REGISTRE_TESTS_LEDGER_ACTS_VOTE_WORLD_H_
#define REGISTRE_TESTS_LEDGER_ACTS_VOTE_WORLD_H_

#include <string>

#include "registre/v1/assembly.pb.h"
#include "tests/support/fake_view.h"

namespace registre::testing {

// Session x of the commission permanente on 2023-09-18, 10 members in office (quorum 6):
//   M1 to M7 present, M8 represented by M2, M9 excused, M10 absent, V1 attends without a vote
// with report 70 tabled, call k, structures s and t, lines c (1 000 EUR available) and d (500 EUR).
// Deliberation 2023-405 of that day allots, by article 1 (thematic 1) 300 EUR to s and 200 EUR to
// an operation, by article 2 (thematic 2) 500 EUR to t; article 3 authorises a signature, article 4
// imputes. Adopted by 7 for, 1 against.
void StartVote(FakeView* view, v1::DeliberationVoted* act);

// The roster of session x.
v1::SessionHeld& SessionOf(FakeView* view);

// Marks a member as recused, and so in the tally when `in_tally`: one less for, one more not
// voting.
void Recuse(v1::DeliberationVoted* act, const std::string& member, v1::RecusalScope scope,
            bool in_tally);

// Changes a member's presence for the deliberation.
void ChangePresence(v1::DeliberationVoted* act, const std::string& member, v1::Presence presence,
                    const std::string& holder = "");

// Moves the session and the deliberation to another day.
void MoveTo(FakeView* view, v1::DeliberationVoted* act, const std::string& date);

// Sets the declared tally.
void Declare(v1::DeliberationVoted* act, int votes_for, int against, int abstentions,
             int not_voting);

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_LEDGER_ACTS_VOTE_WORLD_H_
