// Programmer errors: what no input, disk or network can cause. They end the process, also in
// release.
#ifndef REGISTRE_LEDGER_BASE_CHECK_H_
#define REGISTRE_LEDGER_BASE_CHECK_H_

#include <cstdio>
#include <cstdlib>

// Ends the process, saying where and what (a string literal), unless `condition` holds.
#define REGISTRE_CHECK(condition, what)                                            \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, what); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)

#endif  // REGISTRE_LEDGER_BASE_CHECK_H_
