// registre convention NUMBER --replay: every event with the state after it; with --verify nothing
// is printed but what was verified.
#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cmd/registre/command.h"
#include "cmd/registre/convention_state.h"
#include "cmd/registre/event_printer.h"
#include "cmd/registre/json.h"
#include "cmd/registre/ledger_time.h"
#include "cmd/registre/marks.h"
#include "cmd/registre/table.h"
#include "cmd/registre/tag_proof.h"
#include "cmd/registre/text.h"
#include "cmd/registre/trust.h"
#include "ledger/acts/act.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"
#include "projections/fold.h"
#include "projections/replay_verifier.h"

namespace registre::cli {
namespace {

constexpr size_t kStateIndent = 11;
constexpr size_t kNarrowestState = 40;

// ---- Printing

class ReplayPrinter {
 public:
  ReplayPrinter(const Args& args, Client& client, Console& console)
      : json_(args.json),
        console_(console),
        events_(/*json=*/false, /*limit=*/std::nullopt, client, console) {}

  // False when its bytes are no event (said on err). `before`: the state before it, where it is
  // known.
  bool Print(const v1::ReplayResponse& message, const v1::Row* before, const v1::Row& after) {
    if (json_) {
      PrintJson(console_.out, message);
      ++printed_;
      return true;
    }
    if (!events_.Print(message.event().event())) return false;
    ++printed_;
    PrintIndented(ConventionStateText(after));
    assumed_ = after.convention().assumed_fields();
    if (before != nullptr) {
      std::string changes;
      for (const std::string& change : ConventionChanges(*before, after)) {
        changes += (changes.empty() ? "" : ", ") + change;
      }
      PrintIndented(changes.empty() ? "sans effet sur ces montants" : "ce qui change : " + changes);
    }
    return true;
  }

  // What the stars of the last state stand for.
  void PrintFootnote() const {
    Footnote footnote;
    footnote.Add(assumed_);
    footnote.Print(console_.out, console_.width);
  }

  uint64_t printed() const { return printed_; }

 private:
  void PrintIndented(const std::string& text) {
    const size_t width = std::max(console_.width, kStateIndent + kNarrowestState) - kStateIndent;
    for (const std::string& line : Wrap(text, width)) {
      console_.out << std::string(kStateIndent, ' ') << line << '\n';
    }
  }

  const bool json_;
  Console& console_;
  EventPrinter events_;
  AssumedFields assumed_;
  uint64_t printed_ = 0;
};

// ---- Reading

// Calls take(message) for each message until it returns false. No deadline: a history takes what it
// takes. Nothing when the reader has enough.
std::optional<absl::Status> ReadReplay(Client& client, const v1::ReplayRequest& request,
                                       Console& console,
                                       const std::function<bool(const v1::ReplayResponse&)>& take) {
  grpc::ClientContext context;
  std::atomic<bool> interrupted = false;
  if (console.on_interrupt) {
    console.on_interrupt([&] {
      interrupted = true;
      context.TryCancel();
    });
  }
  const auto stream = client.audit->Replay(&context, request);
  v1::ReplayResponse message;
  bool enough = false;
  while (!enough && stream->Read(&message)) enough = !take(message) || !console.out.good();
  if (enough) context.TryCancel();
  const absl::Status status = FromGrpc(stream->Finish());
  if (console.on_interrupt) console.on_interrupt(nullptr);
  if (enough || interrupted) return std::nullopt;
  return status;
}

int Replay(const Args& args, Client& client, Console& console) {
  v1::ReplayRequest request;
  request.set_tag("convention:" + args.subject);
  request.set_from_position(args.audit.from);
  *request.mutable_as_of() = args.as_of;
  ReplayPrinter printer(args, client, console);
  std::optional<v1::Row> before;
  if (args.audit.from == 0) before.emplace();
  bool damaged = false;
  const auto ended = ReadReplay(client, request, console, [&](const v1::ReplayResponse& message) {
    const v1::Row& after = message.event().state();
    damaged = !printer.Print(message, before ? &*before : nullptr, after);
    before = after;
    return !damaged;
  });
  if (damaged) return kExitRefused;
  if (!ended) return kExitDone;
  if (!ended->ok()) return FailRead(*ended, "registre convention list", args, console);
  if (!args.json && printer.printed() == 0) console.out << "aucun événement\n";
  printer.PrintFootnote();
  return kExitDone;
}

// ---- Verifying

// A replay that is verified as it comes. The server is asked for all of the history from its first
// event, in effect or not: a chain is verified from its start.
class VerifiedReplay {
 public:
  VerifiedReplay(const Args& args, Client& client, Console& console)
      : args_(args),
        client_(client),
        console_(console),
        tag_("convention:" + args.subject),
        printer_(args, client, console) {}

  int Run() {
    absl::Status status = Prepare();
    if (!status.ok()) return Fail(status, args_, console_);
    v1::ReplayRequest request;
    request.set_tag(tag_);
    request.set_with_proofs(true);
    *request.mutable_as_of() = args_.as_of;
    request.mutable_as_of()->clear_effective_on();
    const auto ended =
        ReadReplay(client_, request, console_, [&](const v1::ReplayResponse& message) {
          status = Take(message);
          return status.ok();
        });
    if (!status.ok()) return FailVerify(status);
    if (!ended) return kExitDone;
    if (!ended->ok()) return FailRead(*ended, "registre convention list", args_, console_);
    if (status = CheckEnd(); !status.ok()) return FailVerify(status);
    Tell();
    return kExitDone;
  }

 private:
  // What must be known before the first event: whom to trust, and what the last seal says.
  absl::Status Prepare() {
    auto policy = ReadTrust(args_.audit);
    if (!policy.ok()) return policy.status();
    policy_ = *std::move(policy);
    v1::GetTagProofRequest request;
    request.set_tag(tag_);
    v1::GetTagProofResponse response;
    const absl::Status asked =
        Call(*client_.audit, &v1::AuditService::Stub::GetTagProof, request, &response);
    if (ReasonOf(asked) == "NOT_SEALED") return absl::OkStatus();
    REGISTRE_RETURN_IF_ERROR(asked);
    auto sealed = VerifyTagProof(tag_, response);
    if (!sealed.ok()) return Annotate(sealed.status(), "the seal: ");
    sealed_ = *std::move(sealed);
    return absl::OkStatus();
  }

  absl::Status Take(const v1::ReplayResponse& message) {
    if (message.has_checkpoint() == verifier_.has_value()) {
      return Error(absl::StatusCode::kInternal, "ANSWER_INVALID",
                   "the server gave no checkpoint before the events, or another after it");
    }
    return message.has_checkpoint() ? TakeCheckpoint(message) : TakeEvent(message);
  }

  absl::Status TakeCheckpoint(const v1::ReplayResponse& message) {
    auto trusted = VerifyCheckpoint(message.checkpoint().note(), policy_);
    if (!trusted.ok()) return Annotate(trusted.status(), "the checkpoint: ");
    trusted_ = *std::move(trusted);
    REGISTRE_RETURN_IF_ERROR(CheckSeal());
    std::optional<ReplayVerifier::Sealed> sealed;
    if (completeness_ == Completeness::kSealed) {
      sealed = {
          .through_position = sealed_->seal.act().directory_sealed().through_position(),
          .events = sealed_->events,
          .last_position = sealed_->events == 0 ? 0 : sealed_->entries.front().entry.last_position};
    }
    verifier_.emplace(tag_, trusted_.checkpoint, sealed);
    if (args_.json) PrintJson(console_.out, message);
    return absl::OkStatus();
  }

  // That the seal stands in the log of the checkpoint.
  absl::Status CheckSeal() {
    if (!sealed_) return absl::OkStatus();
    if (args_.as_of.known_at_case() != v1::AsOf::KNOWN_AT_NOT_SET) {
      completeness_ = Completeness::kCut;
      return absl::OkStatus();
    }
    if (sealed_->seal.position() >= trusted_.checkpoint.size) return absl::OkStatus();
    v1::GetInclusionProofResponse response;
    REGISTRE_RETURN_IF_ERROR(
        AskForSealProof(client_, *sealed_, trusted_.checkpoint.size, &response));
    REGISTRE_RETURN_IF_ERROR(VerifySealIn(*sealed_, response, trusted_.checkpoint));
    completeness_ = Completeness::kSealed;
    return absl::OkStatus();
  }

  absl::Status TakeEvent(const v1::ReplayResponse& message) {
    const v1::ReplayedEvent& replayed = message.event();
    const uint64_t position = replayed.event().position();
    const auto proof = ProofOf(replayed.hashes());
    if (!proof.ok()) return Annotate(proof.status(), fmt::format("position {}: ", position));
    REGISTRE_RETURN_IF_ERROR(verifier_->Add(position, replayed.event().event(), *proof));
    REGISTRE_RETURN_IF_ERROR(verifier_->CheckState(replayed.state()));
    const v1::Event& event = verifier_->event();
    const bool counts = !args_.as_of.has_effective_on() ||
                        EffectiveDateOf(event.act()) <= ToDays(args_.as_of.effective_on());
    if (!counts) return absl::OkStatus();
    const v1::Row before = shown_;
    Fold(Direction::kApply, event, tag_, &shown_);
    if (position < args_.audit.from) return absl::OkStatus();
    v1::ReplayResponse shown = message;
    *shown.mutable_event()->mutable_state() = shown_;
    printer_.Print(shown, &before, shown_);
    return absl::OkStatus();
  }

  absl::Status CheckEnd() {
    if (verifier_) return verifier_->CheckComplete();
    return Error(absl::StatusCode::kInternal, "ANSWER_INVALID", "the server gave no checkpoint");
  }

  int FailVerify(const absl::Status& status) {
    console_.out.flush();
    return Fail(Annotate(status, "not verified: "), args_, console_);
  }

  std::string CompletenessText() {
    switch (completeness_) {
      case Completeness::kSealed: {
        const v1::DirectorySealed& seal = sealed_->seal.act().directory_sealed();
        return fmt::format("all {} through position #{}, as sealed at #{}", sealed_->events,
                           seal.through_position(), sealed_->seal.position());
      }
      case Completeness::kCut:
        return "no hole; --known-at cuts the history, so that a seal was not compared";
      case Completeness::kNotProven:
        break;
    }
    return sealed_ ? "no hole, but the seal is later than the checkpoint: replay again"
                   : "no hole, but nothing is sealed: the last event may not be the last";
  }

  void Tell() {
    if (args_.json) return;
    printer_.PrintFootnote();
    console_.out << fmt::format(
        "\nVerified: {} of {} from the first, each in the log of the checkpoint, each state folded "
        "again.\n\n",
        verifier_->events() == 1 ? "1 event" : fmt::format("{} events", verifier_->events()), tag_);
    auto pairs = DescribeCheckpoint(trusted_, policy_);
    pairs.emplace_back("Complete", CompletenessText());
    PrintPairs(console_.out, console_.width, pairs);
  }

  enum class Completeness { kNotProven, kSealed, kCut };

  const Args& args_;
  Client& client_;
  Console& console_;
  const std::string tag_;
  ReplayPrinter printer_;
  TrustPolicy policy_;
  std::optional<ProvenTag> sealed_;
  TrustedCheckpoint trusted_;
  std::optional<ReplayVerifier> verifier_;
  Completeness completeness_ = Completeness::kNotProven;
  v1::Row shown_;  // of the events in effect
};

}  // namespace

int RunReplay(const Args& args, Client& client, Console& console) {
  return args.audit.verify ? VerifiedReplay(args, client, console).Run()
                           : Replay(args, client, console);
}

}  // namespace registre::cli
