// Cases of folds: the acts of a history in text format, and the row that they add up to.
#ifndef REGISTRE_TESTS_PROJECTIONS_FOLD_CASES_H_
#define REGISTRE_TESTS_PROJECTIONS_FOLD_CASES_H_

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "registre/v1/event.pb.h"
#include "registre/v1/state.pb.h"

namespace registre::testing {

struct FoldCase {
  std::string name;               // letters and digits
  std::string key;                // of the row
  std::vector<std::string> acts;  // v1::Act in text format; their index is their position
  std::string row;                // v1::Row in text format; empty: no row

  // How GoogleTest shows it.
  friend std::ostream& operator<<(std::ostream& out, const FoldCase& fold_case) {
    return out << fold_case.key;
  }
};

// Folds the acts that touch the key and expects the row; then reverts them, newest first, and
// expects at each step the bytes that the row had before.
void CheckCase(const FoldCase& fold_case);

// The same bytes for the same row, in every process.
std::string Bytes(const v1::Row& row);

// The name of a parameterized case.
struct CaseName {
  template <typename Info>
  std::string operator()(const Info& info) const {
    return info.param.name;
  }
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_PROJECTIONS_FOLD_CASES_H_
