// The tally and the result of a vote.
#include <fmt/format.h>

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/deliberation.h"
#include "ledger/acts/law.h"
#include "ledger/acts/roster.h"

namespace registre {
namespace {

int64_t Sum(const v1::Tally& tally) {
  return int64_t{tally.votes_for()} + tally.votes_against() + tally.abstentions() +
         tally.not_voting();
}

absl::Status CheckTally(const v1::DeliberationVoted& act) {
  const v1::Tally& declared = act.declared();
  const int64_t there = int64_t{act.attendance().present()} + act.attendance().represented();
  if (Sum(declared) == there) return absl::OkStatus();
  return Refused(
      "VOTE_TALLY",
      fmt::format("{} for, {} against, {} abstaining and {} not voting make {}; {} members "
                  "are present and {} represented, {} in all: correct the tally or the "
                  "attendance",
                  declared.votes_for(), declared.votes_against(), declared.abstentions(),
                  declared.not_voting(), Sum(declared), act.attendance().present(),
                  act.attendance().represented(), there),
      {{"tally", std::to_string(Sum(declared))}, {"there", std::to_string(there)}});
}

// ---- Votes by name

// An act may name some votes only, often those against; of the kinds it names, it names all.
absl::Status CheckNamedCount(const v1::DeliberationVoted& act, v1::Vote vote, int32_t declared,
                             std::string_view kind) {
  const auto named =
      std::count_if(act.named_votes().begin(), act.named_votes().end(),
                    [&](const v1::NamedVote& candidate) { return candidate.vote() == vote; });
  if (named == 0 || named == declared) return absl::OkStatus();
  return Refused("VOTE_TALLY",
                 fmt::format("{} members are named as {}, the tally counts {}; correct either",
                             named, kind, declared),
                 {{"named", std::to_string(named)}, {"declared", std::to_string(declared)}});
}

absl::Status CheckNamedMember(const v1::DeliberationVoted& act, const Roster& roster,
                              const v1::NamedVote& named) {
  const v1::RosterEntry* entry = roster.Find(named.member());
  if (entry != nullptr && IsCounted(*entry)) return absl::OkStatus();
  return Refused("ROSTER_INVALID",
                 fmt::format("a vote of {} is named, who is {}; correct the name, the vote or the "
                             "attendance of deliberation {}",
                             named.member(),
                             entry == nullptr        ? "not on the roster"
                             : entry->without_vote() ? "on the roster without a vote"
                                                     : "neither present nor represented",
                             act.number()),
                 {{"member", named.member()}});
}

absl::flat_hash_set<std::string> MembersOutOfVote(const v1::DeliberationVoted& act) {
  absl::flat_hash_set<std::string> out;
  for (const v1::Recusal& recusal : act.recusals()) {
    if (IsOutOfVote(recusal)) out.insert(recusal.member());
  }
  return out;
}

absl::Status CheckRecusedDidNotVote(const v1::DeliberationVoted& act) {
  const absl::flat_hash_set<std::string> out = MembersOutOfVote(act);
  const bool no_part = RecusedTakesNoPart(act.date());
  for (const v1::NamedVote& named : act.named_votes()) {
    if (!out.contains(named.member())) continue;
    const bool abstains = named.vote() == v1::VOTE_ABSTENTION;
    if (named.vote() == v1::VOTE_NOT_VOTING || (abstains && !no_part)) continue;
    return Refused(
        "RECUSED_VOTED",
        fmt::format("{} is recused and is counted {} by name; a recused member {}: correct "
                    "the vote or the recusal",
                    named.member(),
                    abstains                           ? "as abstaining"
                    : named.vote() == v1::VOTE_AGAINST ? "against"
                                                       : "for",
                    no_part ? "takes no part in the vote" : "does not vote"),
        {{"member", named.member()}});
  }
  return absl::OkStatus();
}

absl::Status CheckNamedVotes(const v1::DeliberationVoted& act, const Roster& roster) {
  if (act.named_votes().empty()) return absl::OkStatus();
  if (act.ballot() == v1::BALLOT_SECRET) {
    return Refused("VOTE_TALLY",
                   fmt::format("the ballot is secret and the vote of {} is named, as {} in all; "
                               "leave the names out, or correct the ballot",
                               act.named_votes(0).member(), act.named_votes_size()),
                   {{"member", act.named_votes(0).member()}});
  }
  std::vector<std::string_view> members;
  for (const v1::NamedVote& named : act.named_votes()) {
    members.push_back(named.member());
    REGISTRE_RETURN_IF_ERROR(CheckNamedMember(act, roster, named));
  }
  REGISTRE_RETURN_IF_ERROR(CheckUnique("named vote of member", members));
  REGISTRE_RETURN_IF_ERROR(CheckRecusedDidNotVote(act));
  const v1::Tally& declared = act.declared();
  REGISTRE_RETURN_IF_ERROR(CheckNamedCount(act, v1::VOTE_FOR, declared.votes_for(), "for"));
  REGISTRE_RETURN_IF_ERROR(
      CheckNamedCount(act, v1::VOTE_AGAINST, declared.votes_against(), "against"));
  REGISTRE_RETURN_IF_ERROR(
      CheckNamedCount(act, v1::VOTE_ABSTENTION, declared.abstentions(), "abstaining"));
  return CheckNamedCount(act, v1::VOTE_NOT_VOTING, declared.not_voting(), "not voting");
}

// ---- Recused members in the tally

// Recused members that the declared tally does not show as not voting.
int32_t CountHidden(const v1::DeliberationVoted& act) {
  return std::max(0, act.attendance().recused() - act.declared().not_voting());
}

// They can only be moved from the abstentions: a vote for or against stays as it was declared.
v1::Tally DeriveTally(const v1::DeliberationVoted& act) {
  v1::Tally derived = act.declared();
  const int32_t moved = std::min(derived.abstentions(), CountHidden(act));
  derived.set_abstentions(derived.abstentions() - moved);
  derived.set_not_voting(derived.not_voting() + moved);
  return derived;
}

std::string ShowTally(const v1::Tally& tally) {
  return fmt::format("{} pour, {} contre, {}, {} sans part au vote", tally.votes_for(),
                     tally.votes_against(),
                     CountOf(tally.abstentions(), "abstention", "abstentions"), tally.not_voting());
}

void FlagRecusedCounted(const RuleContext& context, const v1::DeliberationVoted& act) {
  const int32_t hidden = CountHidden(act);
  if (hidden == 0) return;
  const bool abstaining = hidden <= act.declared().abstentions();
  context.Flag("RECUSED_COUNTED", v1::SEVERITY_ATTENTION, "",
               fmt::format("{} {} : décompte déclaré {} ; décompte corrigé {}.",
                           CountOf(hidden, "membre déporté du vote est compté",
                                   "membres déportés du vote sont comptés"),
                           abstaining ? "parmi les abstentions" : "parmi les votes",
                           ShowTally(act.declared()), ShowTally(act.derived())));
}

// ---- Result

absl::Status WrongResult(const v1::DeliberationVoted& act, std::string_view why) {
  return Refused("VOTE_RESULT",
                 fmt::format("{} for and {} against: {}", act.declared().votes_for(),
                             act.declared().votes_against(), why),
                 {{"votes_for", std::to_string(act.declared().votes_for())},
                  {"votes_against", std::to_string(act.declared().votes_against())}});
}

// Who presides for the deliberation.
const std::string& ChairOf(const v1::SessionHeld& session, const v1::DeliberationVoted& act) {
  return act.presided_by().empty() ? session.chair() : act.presided_by();
}

absl::Status CheckPresidedBy(const v1::DeliberationVoted& act, const Roster& roster) {
  if (act.presided_by().empty()) return absl::OkStatus();
  const v1::RosterEntry* entry = roster.Find(act.presided_by());
  const bool there = entry != nullptr && entry->presence() == v1::PRESENCE_PRESENT;
  if (there && !entry->without_vote()) return absl::OkStatus();
  return Refused(
      "ROSTER_INVALID",
      fmt::format("deliberation {} is presided by {}, who is {}; a member who is present "
                  "presides: correct the name or the attendance",
                  act.number(), act.presided_by(),
                  entry == nullptr ? "not on the roster"
                  : there          ? "on the roster without a vote"
                                   : "not present for it"),
      {{"member", act.presided_by()}});
}

// Of a kind of vote that the act names, it names all: whether the chair may have voted so.
bool MayHaveVoted(const v1::DeliberationVoted& act, const std::string& chair, v1::Vote vote) {
  bool kind_is_named = false;
  for (const v1::NamedVote& named : act.named_votes()) {
    if (named.member() == chair) return named.vote() == vote;
    kind_is_named |= named.vote() == vote;
  }
  return !kind_is_named;
}

// The casting vote is the vote of who presides, counted once more.
absl::Status CheckChairVoted(const v1::SessionHeld& session, const v1::DeliberationVoted& act,
                             const Roster& roster) {
  const std::string& chair = ChairOf(session, act);
  const v1::RosterEntry* entry = roster.Find(chair);
  if (entry == nullptr || entry->presence() != v1::PRESENCE_PRESENT) {
    return WrongResult(act,
                       fmt::format("{}, whose casting vote it would be, is not present for the "
                                   "deliberation; leave it out, or name in presided_by who "
                                   "presides",
                                   chair));
  }
  if (MembersOutOfVote(act).contains(chair)) {
    return WrongResult(act, fmt::format("{}, whose casting vote it would be, is recused; leave it "
                                        "out, or name in presided_by who presides",
                                        chair));
  }
  if (MayHaveVoted(act, chair, act.casting_vote())) return absl::OkStatus();
  return WrongResult(act,
                     fmt::format("{} is not named among those who voted {}, and gives the "
                                 "casting vote so; correct either",
                                 chair, act.casting_vote() == v1::VOTE_FOR ? "for" : "against"));
}

absl::Status CheckCastingVote(const v1::SessionHeld& session, const v1::DeliberationVoted& act,
                              const Roster& roster, bool tie) {
  const v1::Vote vote = act.casting_vote();
  if (vote == v1::VOTE_UNSPECIFIED) return absl::OkStatus();
  if (!tie) return WrongResult(act, "a casting vote decides a tie only; leave it out");
  if (act.ballot() == v1::BALLOT_SECRET) {
    return WrongResult(act, "there is no casting vote in a secret ballot; leave it out");
  }
  if (vote == v1::VOTE_FOR || vote == v1::VOTE_AGAINST) {
    return CheckChairVoted(session, act, roster);
  }
  return WrongResult(act, "a casting vote is for or against; correct it");
}

absl::Status CheckResult(const v1::SessionHeld& session, const v1::DeliberationVoted& act,
                         const Roster& roster) {
  const int32_t votes_for = act.declared().votes_for();
  const int32_t against = act.declared().votes_against();
  const bool tie = votes_for == against;
  REGISTRE_RETURN_IF_ERROR(CheckCastingVote(session, act, roster, tie));
  const bool adopted = tie ? act.casting_vote() == v1::VOTE_FOR : votes_for > against;
  if (adopted == (act.result() == v1::VOTE_RESULT_ADOPTED)) return absl::OkStatus();
  if (tie && act.casting_vote() == v1::VOTE_UNSPECIFIED) {
    return WrongResult(act,
                       "a tie without the chair's casting vote is rejected; name the casting vote "
                       "or correct the result");
  }
  return WrongResult(act, adopted ? "it is adopted; correct the result or the tally"
                                  : "it is rejected; correct the result or the tally");
}

}  // namespace

absl::Status JudgeVote(const RuleContext& context, const v1::SessionHeld& session,
                       v1::DeliberationVoted* act) {
  REGISTRE_RETURN_IF_ERROR(CheckTally(*act));
  auto roster = Roster::Of(session);
  if (!roster.ok()) return roster.status();
  for (const v1::AttendanceChange& change : act->attendance_changes()) {
    REGISTRE_RETURN_IF_ERROR(roster->Change(change));
  }
  REGISTRE_RETURN_IF_ERROR(CheckPresidedBy(*act, *roster));
  REGISTRE_RETURN_IF_ERROR(CheckNamedVotes(*act, *roster));
  REGISTRE_RETURN_IF_ERROR(CheckResult(session, *act, *roster));
  REGISTRE_RETURN_IF_ERROR(FillMessage("derived", act->derived(), DeriveTally(*act),
                                       [&] { return act->mutable_derived(); }));
  FlagRecusedCounted(context, *act);
  return absl::OkStatus();
}

}  // namespace registre
