// Rows in memory: the state of a small ledger, for tests that have no store.
#ifndef REGISTRE_TESTS_SUPPORT_ROW_MAP_H_
#define REGISTRE_TESTS_SUPPORT_ROW_MAP_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "ledger/view.h"
#include "projections/fold.h"
#include "registre/v1/event.pb.h"
#include "registre/v1/state.pb.h"

namespace registre::testing {

// One thread.
class RowMap : public LedgerView {
 public:
  const v1::Row* Find(std::string_view key) const override;
  void ForEachKey(std::string_view prefix,
                  const std::function<bool(std::string_view key)>& visit) const override;

  // Folds the event into the rows of its keys. A row that is empty after it is dropped, as the
  // index drops it.
  void Fold(Direction direction, const v1::Event& event);

  const std::map<std::string, v1::Row, std::less<>>& rows() const { return rows_; }

 private:
  std::map<std::string, v1::Row, std::less<>> rows_;
};

// An event around an act, with its tags. What folds do not read (ids, chains, salt) is left empty.
v1::Event EventOf(uint64_t position, v1::Act act);

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_ROW_MAP_H_
