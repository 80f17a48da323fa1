// A ledger of the oracle test: the real recorder, index and reader, random acts, and the comparison
// of what is read with what the model works out.
#ifndef REGISTRE_TESTS_SUPPORT_ORACLE_WORLD_H_
#define REGISTRE_TESTS_SUPPORT_ORACLE_WORLD_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "registre/v1/event.pb.h"
#include "registre/v1/query.pb.h"
#include "tests/support/oracle_acts.h"
#include "tests/support/oracle_model.h"
#include "tests/support/test_recorder.h"

namespace registre::testing {

// One thread. What a check returns says what differs, and is empty when nothing does.
class OracleWorld {
 public:
  // Records the founding unit. With `final_acts` the world has acts that no correction takes back.
  OracleWorld(uint64_t seed, bool final_acts);

  // Proposes a unit, most often of one act, and has it recorded or refused; or has an act
  // corrected.
  std::string Step();

  // Reverses all acts that may be, the newest first. In a world without final acts every figure is
  // then what it was after the founding unit, and, once that is reversed too, zero.
  std::string ReverseEverything();

  // Everything read now, against the model.
  std::string CheckPresent() const;
  // The same at a random point of the axes: what was known, what was in effect, as recorded.
  std::string CheckSomePoint();

  // The events so far, one a line.
  std::string History() const;

  // How many acts of each type were recorded.
  const std::map<std::string, int>& recorded() const { return recorded_; }

 private:
  // Records; true unless it is refused. Takes the new events in.
  bool Record(const std::vector<v1::Act>& acts);
  void TakeNewEvents();
  // Plans a correction at the present and records it; nothing where it is refused. What is recorded
  // changes the figures that the plan says, and no other.
  std::string Correct(uint64_t position, Days effective_on,
                      const std::vector<v1::Act>& replacements);
  std::string CorrectSome();
  // What the reader gives at the point.
  Balances Read(const v1::ReadOptions& options) const;
  std::string Check(const v1::ReadOptions& options) const;

  TestRecorder ledger_;
  OracleActs acts_;
  const bool final_acts_;
  std::vector<v1::Event> events_;
  std::map<std::string, int> recorded_;
  size_t founding_ = 0;  // events of the founding unit
  int unit_ = 0;
  int corrections_ = 0;
  Days last_effective_ = OracleFirstDay();  // of the corrections
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_ORACLE_WORLD_H_
