#include "tests/support/test_recorder.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "ledger/base/errors.h"
#include "projections/state_reader.h"
#include "tests/support/fake_view.h"

namespace registre::testing {

absl::Status GatedLog::Append(uint64_t expected_next_position, const EventBatch& batch) {
  absl::MutexLock lock(&mutex_);
  ++appends_;
  waiting_ = true;
  mutex_.Await(absl::Condition(&open_));
  waiting_ = false;
  if (failing_) {
    return Error(absl::StatusCode::kResourceExhausted, "DISK_FULL", "no space (test)");
  }
  return log_->Append(expected_next_position, batch);
}

void GatedLog::CloseGate() {
  absl::MutexLock lock(&mutex_);
  open_ = false;
}

void GatedLog::OpenGate() {
  absl::MutexLock lock(&mutex_);
  open_ = true;
}

void GatedLog::AwaitAppend() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&waiting_));
}

void GatedLog::FailFromNowOn() {
  absl::MutexLock lock(&mutex_);
  failing_ = true;
}

int GatedLog::appends() const {
  absl::MutexLock lock(&mutex_);
  return appends_;
}

void PendingOutcome::Set(Outcome outcome) {
  absl::MutexLock lock(&mutex_);
  outcome_ = std::move(outcome);
}

bool PendingOutcome::ready() const {
  absl::MutexLock lock(&mutex_);
  return outcome_.has_value();
}

Outcome PendingOutcome::Get() const {
  absl::MutexLock lock(&mutex_);
  const auto ready = [this]()
                         ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return outcome_.has_value(); };
  mutex_.Await(absl::Condition(&ready));
  return *outcome_;
}

TestRecorder::TestRecorder(const std::filesystem::path& parent) : folder_(parent) {
  auto opened = Index::Open(folder_.Path("index"), RegistreProjection().version);
  if (!opened.ok()) {
    std::fprintf(stderr, "%s\n", opened.status().ToString().c_str());
    std::abort();
  }
  index = *std::move(opened);
  Start(MerkleTree(), std::nullopt);
}

void TestRecorder::Start(MerkleTree tree, std::optional<absl::Time> last_recorded_at) {
  recorder.reset();
  tail = std::make_unique<WaitList>();
  recorder = std::make_unique<Recorder>(Recorder::Parts{.log = &log,
                                                        .index = index.get(),
                                                        .tail = tail.get(),
                                                        .clock = &clock,
                                                        .random = &random},
                                        RegistreProjection(), std::move(tree), last_recorded_at);
}

void TestRecorder::Restart() {
  recorder->Drain();
  auto tree = MerkleTree::Load(
      log.size(), [this](uint64_t position) { return log.GetLeafHash(position); },
      [this](uint8_t level, uint64_t tile) { return log.GetTile(level, tile); });
  std::optional<absl::Time> last;
  if (log.size() > 0) last = FromTimestamp(EventAt(log.size() - 1).recorded_at());
  Start(*std::move(tree), last);
}

std::shared_ptr<PendingOutcome> TestRecorder::Submit(v1::RecordRequest request,
                                                     const std::string& subject) {
  const std::string by = subject.empty() ? SubjectOf(request) : subject;
  auto command = MakeCommand(by, std::move(request), AnyRole);
  if (!command.ok()) {
    auto pending = std::make_shared<PendingOutcome>();
    pending->Set(command.status());
    return pending;
  }
  return Submit(*std::move(command));
}

std::shared_ptr<PendingOutcome> TestRecorder::Submit(Command command) {
  auto pending = std::make_shared<PendingOutcome>();
  recorder->Submit(std::move(command),
                   [pending](Outcome outcome) { pending->Set(std::move(outcome)); });
  return pending;
}

Outcome TestRecorder::Record(v1::RecordRequest request, const std::string& subject) {
  return Submit(std::move(request), subject)->Get();
}

v1::RecordResponse TestRecorder::Must(const std::string& command_id,
                                      const std::vector<v1::Act>& acts) {
  Outcome outcome = Record(UnitOf(command_id, acts));
  if (!outcome.ok()) {
    std::fprintf(stderr, "%s: %s\n", command_id.c_str(), outcome.status().ToString().c_str());
    std::abort();
  }
  return *std::move(outcome);
}

v1::Event TestRecorder::EventAt(uint64_t position) const {
  v1::Event event;
  auto bytes = log.Get({position});
  if (!bytes.ok() || !event.ParseFromString(bytes->front())) {
    std::fprintf(stderr, "no event at %llu\n", static_cast<unsigned long long>(position));
    std::abort();
  }
  return event;
}

v1::Row TestRecorder::RowOf(const std::string& key) const {
  auto state = index->Read()->Get(key);
  return state.ok() && state->has_value() ? *(*state)->row : v1::Row();
}

v1::RecordRequest UnitOf(const std::string& command_id, const std::vector<v1::Act>& acts) {
  v1::RecordRequest request;
  request.set_command_id(command_id);
  for (const v1::Act& act : acts) *request.add_acts() = act;
  return request;
}

v1::Act OpenTestLedger() {
  return Text<v1::Act>(R"pb(ledger_opened {
                              authority_name: "Collectivité d'essai"
                              origin: "registre.example/essai"
                              time_zone: "Europe/Paris"
                              currency: "EUR"
                              late_entry_days: 0
                              date { year: 2023 month: 1 day: 1 }
                            })pb");
}

v1::Act RegisterStructure(const std::string& id) {
  v1::Act act;
  act.mutable_structure_registered()->set_structure_id(id);
  act.mutable_structure_registered()->mutable_identity()->set_name("Structure d'essai " + id);
  return act;
}

v1::Act OpenLine(const std::string& code, int64_t authorised_cents) {
  v1::Act act = Text<v1::Act>(R"pb(budget_line_opened {
                                     nature: "6568"
                                     function: "93446"
                                     label: "Ligne d'essai"
                                     opened_by {
                                       before_opening {
                                         number: "2022-1"
                                         date { year: 2022 month: 12 day: 12 }
                                         body: BODY_CONSEIL_DEPARTEMENTAL
                                       }
                                     }
                                     date { year: 2023 month: 1 day: 1 }
                                   })pb");
  act.mutable_budget_line_opened()->set_code(code);
  act.mutable_budget_line_opened()->set_authorised_cents(authorised_cents);
  return act;
}

}  // namespace registre::testing
