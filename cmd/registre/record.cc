// registre record: acts from a JSONL file, line by line over one stream, or the whole file as one
// unit.
#include <fmt/format.h>

#include <deque>

#include "cmd/registre/command.h"
#include "cmd/registre/input.h"
#include "cmd/registre/json.h"
#include "cmd/registre/jsonl.h"
#include "cmd/registre/progress.h"
#include "cmd/registre/record_report.h"
#include "cmd/registre/text.h"
#include "cmd/registre/unit_stream.h"
#include "ledger/base/limits.h"
#include "services/status.h"

namespace registre::cli {
namespace {

// The limits of a unit, checked before it is sent.
absl::Status CheckUnit(const v1::RecordRequest& unit) {
  if (static_cast<size_t>(unit.acts_size()) > kMaxUnitActs) {
    return Error(
        absl::StatusCode::kResourceExhausted, "UNIT_TOO_LARGE",
        fmt::format("a unit holds at most {} acts; record the file without --atomic, or in "
                    "several files",
                    kMaxUnitActs));
  }
  if (unit.ByteSizeLong() > kMaxUnitBytes) {
    return Error(
        absl::StatusCode::kResourceExhausted, "UNIT_TOO_LARGE",
        fmt::format("a unit holds at most {} MiB of acts; record the file without --atomic, "
                    "or in several files",
                    kMaxUnitBytes / (1024 * 1024)));
  }
  return absl::OkStatus();
}

// One run of the command.
class Recording {
 public:
  Recording(const Args& args, Client& client, Console& console)
      : args_(args),
        record_(args.record),
        client_(client),
        console_(console),
        name_(record_.file == "-" ? "(standard input)" : OneLine(record_.file)),
        report_(record_.validate_only),
        progress_(console.err, console.progress && !record_.no_progress) {}

  int Run() {
    if (const absl::Status status = input_.Open(record_.file, console_.input_fd); !status.ok()) {
      if (args_.json) PrintJsonError(console_.out, ToRpcStatus(status));
      console_.err << fmt::format("refused: {}: {}\n", name_, ErrorText(status));
      return kExitRefused;
    }
    reader_.emplace(input_.reader());
    return record_.atomic ? RunAtomic() : RunLines();
  }

 private:
  // A unit sent and not yet answered.
  struct UnderWay {
    uint64_t line;
    std::string command_id;
  };

  // Reads and parses the next line. False at the end; errors are of the line.
  absl::StatusOr<bool> NextLine(v1::RecordLine* line) {
    const absl::StatusOr<bool> read = reader_->Next(&text_);
    if (!read.ok() || !*read) return read;
    any_line_ = true;
    REGISTRE_RETURN_IF_ERROR(ParseLine(text_, line));
    return true;
  }

  int RunLines() {
    UnitStream stream(*client_.ledger);
    absl::Status broken;
    while (broken.ok() && !stopped_) {
      v1::RecordRequest unit;
      const absl::StatusOr<bool> read = NextUnit(&unit);
      if (!read.ok()) {
        Refuse(reader_->number(), unit.command_id(), read.status());
        // A file that cannot be read will not be better at the next line.
        if (ReasonOf(read.status()) == "FILE_UNREADABLE") stopped_ = true;
        continue;
      }
      if (!*read) break;
      under_way_.push_back({reader_->number(), unit.command_id()});
      const absl::StatusOr<bool> sent = stream.Send(std::move(unit));
      broken = sent.status();
      // Over: what was answered is taken below, and then the reason.
      if (sent.ok() && !*sent) break;
      while (broken.ok() && under_way_.size() >= static_cast<size_t>(record_.pipeline)) {
        broken = TakeAnswer(stream);
      }
    }
    while (broken.ok() && !under_way_.empty()) broken = TakeAnswer(stream);
    if (broken.ok()) broken = stream.Finish();
    progress_.Clear();
    return broken.ok() ? End() : EndBroken(broken);
  }

  // The next line as a unit of its own.
  absl::StatusOr<bool> NextUnit(v1::RecordRequest* unit) {
    v1::RecordLine line;
    const absl::StatusOr<bool> read = NextLine(&line);
    if (!read.ok() || !*read) return read;
    unit->set_command_id(line.command_id());
    *unit->add_acts() = std::move(*line.mutable_act());
    if (line.has_condition()) *unit->mutable_condition() = std::move(*line.mutable_condition());
    unit->set_validate_only(record_.validate_only);
    REGISTRE_RETURN_IF_ERROR(CheckUnit(*unit));
    return true;
  }

  absl::Status TakeAnswer(UnitStream& stream) {
    absl::StatusOr<v1::RecordStreamResponse> answer = stream.NextAnswer();
    if (!answer.ok()) return answer.status();
    if (answer->has_error()) {
      const absl::Status error = FromRpc(answer->error());
      if (IsStopping(error)) return error;
    }
    const UnderWay unit = std::move(under_way_.front());
    under_way_.pop_front();
    Take(unit.line, *answer);
    return absl::OkStatus();
  }

  // Counts and shows an answer.
  void Take(uint64_t line, const v1::RecordStreamResponse& answer) {
    if (args_.json) PrintJson(console_.out, answer);
    if (answer.has_error()) {
      Refuse(line, answer.command_id(), FromRpc(answer.error()));
    } else {
      report_.Add(answer.receipt());
      if (!args_.json) ShowFlags(line, answer);
    }
    progress_.Update(reader_->bytes(), input_.size(), fmt::format("{} acts", report_.acts()));
  }

  // Serious flags as they come; all of them when nothing else will show them.
  void ShowFlags(uint64_t line, const v1::RecordStreamResponse& answer) {
    for (int i = 0; i < answer.receipt().receipts_size(); ++i) {
      for (const v1::Flag& flag : answer.receipt().receipts(i).flags()) {
        const bool shown = record_.validate_only || flag.severity() == v1::SEVERITY_SERIOUS;
        if (!shown || answer.receipt().already_recorded()) continue;
        progress_.Clear();
        console_.out << fmt::format("anomalie : {}:{} {} : {}\n",
                                    record_.file == "-" ? "entrée standard" : name_,
                                    LineOf(i, line), OneLine(answer.command_id()), FlagText(flag));
      }
    }
  }

  // The line of an act of the unit; `line` unless the unit is the whole file.
  uint64_t LineOf(int act, uint64_t line) const {
    return static_cast<size_t>(act) < lines_.size() ? lines_[static_cast<size_t>(act)] : line;
  }

  void Refuse(uint64_t line, const std::string& command_id, const absl::Status& status) {
    progress_.Clear();
    report_.AddRefused();
    const std::string place = line == 0 ? name_ : fmt::format("{}:{}", name_, line);
    console_.err << fmt::format("refused: {}{}{}: {}\n", place, command_id.empty() ? "" : " ",
                                OneLine(command_id), ErrorText(status));
    if (!record_.keep_going) stopped_ = true;
  }

  int RunAtomic() {
    v1::RecordRequest unit;
    unit.set_validate_only(record_.validate_only);
    if (const absl::Status status = ReadAll(&unit); !status.ok()) {
      Refuse(reader_->number(), "", status);
      return End();
    }
    if (unit.acts().empty()) return End();
    v1::RecordStreamResponse answer;
    answer.set_command_id(unit.command_id());
    const absl::Status status =
        Call(*client_.ledger, &v1::LedgerService::Stub::Record, unit, answer.mutable_receipt());
    if (IsUnreached(status) || IsStopping(status)) {
      under_way_.push_back({lines_.front(), unit.command_id()});
      return EndBroken(status);
    }
    if (!status.ok()) *answer.mutable_error() = ToRpcStatus(status);
    Take(status.ok() ? lines_.front() : RefusedLine(status), answer);
    return End();
  }

  // Reads the file into one unit; stops at its limits.
  absl::Status ReadAll(v1::RecordRequest* unit) {
    v1::RecordLine line;
    size_t bytes = 0;
    while (true) {
      const absl::StatusOr<bool> read = NextLine(&line);
      if (!read.ok()) return read.status();
      if (!*read) return CheckUnit(*unit);
      if (lines_.empty()) {
        unit->set_command_id(line.command_id());
        if (line.has_condition()) *unit->mutable_condition() = line.condition();
      } else if (line.has_condition()) {
        return Error(
            absl::StatusCode::kInvalidArgument, "LINE_INVALID",
            "condition: with --atomic the unit has one condition; put it on the first line");
      }
      lines_.push_back(reader_->number());
      bytes += line.act().ByteSizeLong();
      *unit->add_acts() = std::move(*line.mutable_act());
      if (static_cast<size_t>(unit->acts_size()) > kMaxUnitActs || bytes > kMaxUnitBytes) {
        return CheckUnit(*unit);
      }
    }
  }

  // The line that a refusal of the whole unit is about, where it names an act; 0 where it does not.
  uint64_t RefusedLine(const absl::Status& status) const {
    const std::string text = ErrorText(status);
    const size_t at = text.find("acts[");
    if (at == std::string::npos) return 0;
    return LineOf(std::atoi(text.c_str() + at + 5), 0);
  }

  // Says how it went.
  int End() {
    std::ostream& to = args_.json ? console_.err : console_.out;
    if (!any_line_ && report_.refused() == 0) {
      console_.err << fmt::format("no act in {}: nothing recorded\n", name_);
      return kExitRefused;
    }
    to << report_.Summary() << '\n';
    if (report_.refused() == 0) return kExitDone;
    const uint64_t last = reader_->number();
    if (!record_.atomic && !record_.keep_going && !AtEndOfFile()) {
      console_.err << fmt::format(
          "stopped there: nothing after line {} was sent; --keep-going goes on after a refusal\n",
          last);
    }
    if (record_.validate_only && !record_.atomic) {
      console_.err << "--validate-only judges each line on what is recorded already, not on the "
                      "lines before it; with --atomic the file is judged as a whole\n";
    }
    return kExitRefused;
  }

  // Nothing but blank lines follows what was read. A stream may have more to come.
  bool AtEndOfFile() {
    if (input_.size() == 0) return false;
    const absl::StatusOr<bool> next = reader_->Next(&text_);
    return next.ok() && !*next;
  }

  // Says how far it came when the server was lost.
  int EndBroken(const absl::Status& status) {
    if (report_.acts() > 0) {
      (args_.json ? console_.err : console_.out) << report_.Summary() << '\n';
    }
    const int exit = Fail(status, args_, console_);
    if (!under_way_.empty()) {
      const uint64_t first = under_way_.front().line;
      const uint64_t last = under_way_.back().line;
      console_.err << fmt::format(
          "  No answer for {}:{}{}. Run the same command again: what is recorded is not recorded "
          "twice.\n",
          name_, first, first == last ? "" : fmt::format("–{}", last));
    }
    return exit;
  }

  const Args& args_;
  const RecordArgs& record_;
  Client& client_;
  Console& console_;
  const std::string name_;
  Input input_;
  std::optional<LineReader> reader_;
  std::string text_;  // the line read last
  RecordReport report_;
  Progress progress_;
  std::deque<UnderWay> under_way_;
  std::vector<uint64_t> lines_;  // of the acts of an atomic unit
  bool any_line_ = false;
  bool stopped_ = false;
};

}  // namespace

int RunRecord(const Args& args, Client& client, Console& console) {
  return Recording(args, client, console).Run();
}

}  // namespace registre::cli
