// The acts of a large made-up ledger: 5,000 structures, 20,000 conventions, and as many orders as
// wanted, spread over them by Zipf's law. Test data: nothing in it is real.
#ifndef REGISTRE_TESTS_SUPPORT_LARGE_LEDGER_H_
#define REGISTRE_TESTS_SUPPORT_LARGE_LEDGER_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "ledger/base/date.h"
#include "registre/v1/act.pb.h"

namespace registre::testing {

// Draws ranks from 0 to count - 1, rank r with a weight of 1 / (r + 1).
class Zipf {
 public:
  explicit Zipf(int count);
  int Draw(std::mt19937_64* rng) const;

 private:
  std::vector<double> cumulated_;
};

// Gives the acts one after the other; each is accepted by the rules when all before it are
// recorded. The same seed gives the same acts. One thread.
class LargeLedger {
 public:
  static constexpr int kLines = 50;
  static constexpr int kStructures = 5'000;
  static constexpr int kConventions = 20'000;
  static constexpr int kAllotmentsEach = 50;    // of a deliberation
  static constexpr size_t kOrdersEach = 4'000;  // before the accountant answers them

  // Orders are dated evenly over three years, as if there were `expected_orders` of them.
  explicit LargeLedger(uint64_t seed, uint64_t expected_orders);

  // The next act: first the reference, then deliberations with their conventions, then orders: some
  // thousands, then the acceptance and the settlement of each.
  v1::Act Next();

  // The next acts, `most` of them or those that one subject records (SubjectOf).
  std::vector<v1::Act> NextUnit(size_t most);

  // Whether Next gives orders from now on.
  bool founded() const { return stage_ == Stage::kOrders; }

  static std::string LineCode(int line);
  static std::string StructureId(int structure);
  static std::string ConventionNumber(int convention);
  static std::string DeliberationNumber(int deliberation);

 private:
  enum class Stage { kLedger, kLines, kStructures, kDeliberations, kOrders };

  v1::Act NextOfDeliberation();
  v1::Act Vote();
  v1::Act Sign(int convention);
  v1::Act NextOfOrder();
  v1::Act NextAnswer();

  std::mt19937_64 rng_;
  const Zipf structures_{kStructures};
  const Zipf conventions_{kConventions};
  const uint64_t expected_orders_;
  Stage stage_ = Stage::kLedger;
  int next_ = 0;  // within the stage
  int step_ = 0;  // within a deliberation or an order
  int deliberation_ = 0;
  uint64_t order_ = 0;
  std::vector<int> structure_of_;  // by convention
  struct Order {
    v1::OrderRef reference;
    v1::Date date;
  };
  std::vector<Order> orders_;  // not answered
  size_t answers_ = 0;         // given, two an order
  bool answering_ = false;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_LARGE_LEDGER_H_
