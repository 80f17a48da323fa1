// What has become of the acts of a file, counted while they are recorded, and said at the end.
#ifndef REGISTRE_CMD_REGISTRE_RECORD_REPORT_H_
#define REGISTRE_CMD_REGISTRE_RECORD_REPORT_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "registre/v1/ledger_service.pb.h"

namespace registre::cli {

// Counts of one run. Not thread-safe.
class RecordReport {
 public:
  explicit RecordReport(bool validate_only) : validate_only_(validate_only) {}

  void Add(const v1::RecordResponse& receipt);
  void AddRefused() { ++refused_; }

  uint64_t acts() const { return new_.acts + again_.acts; }
  uint64_t refused() const { return refused_; }

  // "64 acts recorded at positions 0–63, 31 flags: 1 serious, 5 attention, 25 information (registre
  // anomalies)". Acts recorded before and refused lines have their part of the sentence.
  std::string Summary() const;

 private:
  // Acts and the range of their positions.
  struct Acts {
    uint64_t acts = 0;
    std::optional<uint64_t> first;
    std::optional<uint64_t> last;
    void Add(const v1::RecordResponse& receipt);
    std::string Positions() const;
  };

  std::string FlagsText() const;

  bool validate_only_;
  Acts new_;
  Acts again_;  // recorded before this run
  uint64_t refused_ = 0;
  std::array<uint64_t, 4> flags_{};  // by severity
};

// A flag on one line, in French as its message: "grave ANNEX_MISSING annexe 4 : message".
std::string FlagText(const v1::Flag& flag);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_RECORD_REPORT_H_
