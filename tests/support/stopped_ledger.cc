#include "tests/support/stopped_ledger.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "ledger/base/check.h"
#include "ledger/base/clock.h"
#include "ledger/checkpoints.h"
#include "ledger/command.h"
#include "ledger/feed/payment_feed.h"
#include "ledger/ledger.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/directory.h"
#include "ledger/store/data_folder.h"
#include "projections/state_reader.h"
#include "tests/support/busy_ledger.h"
#include "tests/support/test_ca.h"
#include "tests/support/test_clock.h"
#include "tests/support/test_recorder.h"
#include "tests/support/test_tsa.h"

namespace registre::testing {
namespace {

constexpr uint64_t kEveryCheckpoint = std::numeric_limits<uint64_t>::max();

std::unique_ptr<Ledger> OpenStopped(const std::string& directory, const Clock* clock,
                                    Random* random, absl::Status* status) {
  auto ledger = Ledger::Open({.directory = directory,
                              .projection = RegistreProjection(),
                              .clock = clock,
                              .random = random,
                              .on_progress = nullptr});
  *status = ledger.status();
  return ledger.ok() ? *std::move(ledger) : nullptr;
}

std::vector<v1::Event> EventsOf(const EventStore& log) {
  std::vector<v1::Event> events;
  const absl::Status read = log.Read(0, [&](uint64_t, std::string_view bytes) {
    events.emplace_back();
    return events.back().ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  });
  REGISTRE_CHECK(read.ok(), "the log is read");
  return events;
}

// The seal of all that the log holds, computed otherwise than the ledger does.
v1::Act SealOf(const EventStore& log) {
  std::map<std::string, TagEntry> tags;
  for (const v1::Event& event : EventsOf(log)) {
    for (const v1::TagLink& link : event.tags()) {
      tags[link.tag()] = {link.tag(), link.sequence(), event.position()};
    }
  }
  MerkleTree tree;
  std::vector<Tile> tiles;
  for (const auto& [tag, entry] : tags) tree.Append(LeafHashOf(entry), &tiles);
  v1::Act act;
  v1::DirectorySealed* seal = act.mutable_directory_sealed();
  seal->set_through_position(log.size() - 1);
  seal->set_count(tags.size());
  seal->set_root(BytesOf(tree.Root()));
  seal->set_schema_digest(std::string(32, 's'));
  return act;
}

class Founder {
 public:
  explicit Founder(const std::string& directory) {
    absl::Status status;
    ledger_ = OpenStopped(directory, &clock_, &random_, &status);
    REGISTRE_CHECK(status.ok(), "the ledger starts");
    auto checkpoints = Checkpoints::Open(ledger_.get(), &clock_);
    auto feed = PaymentFeed::Open(ledger_.get(), &clock_);
    REGISTRE_CHECK(checkpoints.ok() && feed.ok(), "checkpoints and the feed start");
    checkpoints_ = *std::move(checkpoints);
    feed_ = *std::move(feed);
  }
  ~Founder() {
    feed_.reset();
    checkpoints_.reset();
  }

  void Record(const std::vector<v1::Act>& acts) {
    clock_.Advance(absl::Milliseconds(7));
    auto command =
        MakeCommand(SubjectOf(acts.front()), UnitOf(fmt::format("u{}", unit_++), acts), AnyRole);
    REGISTRE_CHECK(command.ok(), "a unit has its shape");
    PendingOutcome pending;
    ledger_->recorder().Submit(*std::move(command),
                               [&pending](Outcome outcome) { pending.Set(std::move(outcome)); });
    const Outcome outcome = pending.Get();
    if (!outcome.ok()) std::fprintf(stderr, "%s\n", outcome.status().ToString().c_str());
    REGISTRE_CHECK(outcome.ok(), "a unit is recorded");
  }

  // Makes a consumer that acknowledges its first delivery and is sent the next.
  void Consume(const std::string& name, bool acknowledge) {
    v1::CreateConsumerRequest request;
    request.set_name(name);
    REGISTRE_CHECK(feed_->Create(request).ok(), "a consumer is made");
    v1::Attach attach;
    attach.set_consumer(name);
    auto connection = feed_->Attach(attach, [] {});
    REGISTRE_CHECK(connection.ok(), "a consumer is attached");
    const auto message = (*connection)->Next();
    REGISTRE_CHECK(message.ok() && !message->deliveries.empty(), "a consumer is served");
    const Outgoing& delivery = message->deliveries.front();
    v1::Acknowledge acknowledged;
    acknowledged.set_delivery_id(delivery.delivery_id);
    acknowledged.set_through_position(delivery.events.back().first);
    v1::Refuse refused;
    refused.set_delivery_id(delivery.delivery_id);
    refused.set_position(delivery.events.front().first);
    refused.set_reason("a refusal of a test");
    REGISTRE_CHECK(acknowledge ? (*connection)->Acknowledge(acknowledged).ok()
                               : (*connection)->Refuse(refused).ok(),
                   "a consumer answers");
  }

  v1::StoredCheckpoint Sign(bool sealed) {
    auto checkpoint = checkpoints_->Sign(sealed);
    REGISTRE_CHECK(checkpoint.ok(), "a checkpoint is signed");
    return *std::move(checkpoint);
  }

  void Stamp(const v1::StoredCheckpoint& checkpoint) {
    const TestCa ca("authority of tests");
    const TestTsa authority(ca);
    const auto text = StampedText(checkpoint.note());
    REGISTRE_CHECK(
        text.ok() &&
            checkpoints_->AddTimestamp(checkpoint.note(), authority.Stamp(*text, clock_.Now()))
                .ok(),
        "a checkpoint is stamped");
  }

  const EventStore& log() const { return ledger_->log(); }

 private:
  TestClock clock_;
  SystemRandom random_;
  int unit_ = 0;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Checkpoints> checkpoints_;
  std::unique_ptr<PaymentFeed> feed_;
};

}  // namespace

void MakeStoppedLedger(const std::string& directory, uint64_t seed, int orders) {
  Founder founder(directory);
  for (const std::vector<v1::Act>& unit : BusyLedger(seed, orders)) founder.Record(unit);
  founder.Sign(false);
  const v1::Act seal = SealOf(founder.log());
  founder.Record({RegisterStructure("st-b"), RegisterStructure("st-c")});
  founder.Record({seal});
  founder.Stamp(founder.Sign(true));
  founder.Consume("accounts", true);
  founder.Consume("archive", false);
  founder.Record({RegisterStructure("st-d"), RegisterStructure("st-e")});
  founder.Sign(false);
}

absl::StatusOr<std::string> AnswersOf(const std::string& directory) {
  TestClock clock;
  clock.Advance(absl::Hours(24 * 365));  // no later than what is recorded
  SystemRandom random;
  absl::Status status;
  const std::unique_ptr<Ledger> ledger = OpenStopped(directory, &clock, &random, &status);
  if (!status.ok()) return status;
  std::string answers = fmt::format("{} {}\n", ledger->recorder().status().head.size,
                                    HexOf(ledger->recorder().status().head.root));
  status = ledger->log().Read(0, [&](uint64_t, std::string_view bytes) {
    answers += HexOf(Sha256(bytes)) + "\n";
    return true;
  });
  if (!status.ok()) return status;
  for (uint64_t position = 0; position < ledger->log().size(); ++position) {
    const auto leaf = ledger->log().GetLeafHash(position);
    if (!leaf.ok()) return leaf.status();
    answers += HexOf(*leaf);
  }
  const auto digest = StateDigest(ledger->log());
  if (!digest.ok()) return digest.status();
  answers += "\n" + HexOf(*digest) + "\n";
  {
    const auto checkpoints = Checkpoints::Open(ledger.get(), &clock);
    if (!checkpoints.ok()) return checkpoints.status();
    for (const VerifierKey& key : (*checkpoints)->keyring().verifiers()) {
      answers += FormatVerifierKey(key) + "\n";
    }
    const auto keys = (*checkpoints)->keyring().ToSignFor("example.org/probe");
    if (!keys.ok()) return keys.status();
    for (const SigningKey& key : *keys) {
      answers += HexOf(Sha256(
          {reinterpret_cast<const char*>(key.public_key().data()), key.public_key().size()}));
    }
  }
  const auto index = ledger->index();
  status = index->Read()->ForEachKey("", "", [&](std::string_view key, const KeyState& state) {
    answers += fmt::format("{} {} {} {}\n", key, state.count, state.last_position,
                           state.row->ShortDebugString());
    return true;
  });
  if (!status.ok()) return status;
  const auto report = ledger->Check(nullptr);
  if (!report.ok()) return report.status();
  for (const std::string& difference : report->differences) answers += difference + "\n";
  return answers;
}

void LogContent::HashAgain() {
  leaf_hashes.clear();
  tiles.clear();
  MerkleTree tree;
  for (const std::string& event : events) {
    leaf_hashes.push_back(LeafHash(event));
    tree.Append(leaf_hashes.back(), &tiles);
  }
}

v1::Event LogContent::EventAt(uint64_t position) const {
  v1::Event event;
  REGISTRE_CHECK(event.ParseFromString(events[position]), "an event is read");
  return event;
}

void LogContent::Edit(uint64_t position, const std::function<void(v1::Event*)>& edit) {
  v1::Event event = EventAt(position);
  edit(&event);
  events[position] = event.SerializeAsString();
}

LogContent ReadLogContent(const std::string& directory) {
  const auto log = OpenRocksDbEventStore(directory + "/log");
  REGISTRE_CHECK(log.ok(), "the log opens");
  LogContent content;
  absl::Status read = (*log)->Read(0, [&](uint64_t, std::string_view bytes) {
    content.events.emplace_back(bytes);
    return true;
  });
  REGISTRE_CHECK(read.ok(), "the log is read");
  content.HashAgain();
  content.consumers = *(*log)->ReadConsumers();
  read = (*log)->ReadCheckpoints(kEveryCheckpoint, [&](uint64_t size, std::string_view bytes) {
    content.checkpoints.push_back({size, std::string(bytes)});
    return true;
  });
  REGISTRE_CHECK(read.ok(), "the checkpoints are read");
  return content;
}

void ReplaceLog(const std::string& directory, const LogContent& content) {
  std::filesystem::remove_all(directory + "/log");
  const auto log = OpenRocksDbEventStore(directory + "/log");
  REGISTRE_CHECK(log.ok(), "a log is made");
  const bool written = (*log)
                           ->Append(0, {.events = content.events,
                                        .leaf_hashes = content.leaf_hashes,
                                        .tiles = content.tiles,
                                        .consumers = content.consumers})
                           .ok() &&
                       (*log)->WriteCheckpoints(content.checkpoints).ok() && (*log)->Flush().ok();
  REGISTRE_CHECK(written, "a log is written");
}

void WriteHeadAgain(const std::string& directory) {
  const auto log = OpenRocksDbEventStore(directory + "/log");
  REGISTRE_CHECK(log.ok(), "the log opens");
  MerkleTree tree;
  std::vector<Tile> tiles;
  const absl::Status read = (*log)->Read(0, [&](uint64_t, std::string_view bytes) {
    tree.Append(LeafHash(bytes), &tiles);
    return true;
  });
  REGISTRE_CHECK(read.ok(), "the log is read");
  const auto folder = DataFolder::Open(directory);
  REGISTRE_CHECK(
      folder.ok() && (*folder)->WriteHead({tree.size(), tree.Root()}, *StateDigest(**log)).ok(),
      "HEAD is written");
}

VerifyLedgerOptions VerifyOptions(const std::string& directory, bool fold) {
  VerifyLedgerOptions options;
  options.directory = directory;
  options.projection = RegistreProjection();
  options.fold = fold;
  return options;
}

}  // namespace registre::testing
