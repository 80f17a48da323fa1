// Private to ledger.cc and rebuild.cc.
#ifndef REGISTRE_LEDGER_GENERATION_H_
#define REGISTRE_LEDGER_GENERATION_H_

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "ledger/ledger.h"

namespace registre {

struct Ledger::Generation {
  uint64_t number = 0;
  std::string directory;
  std::unique_ptr<Index> index;
  // Another generation took its place, or it never took one.
  std::atomic<bool> obsolete = false;

  ~Generation() {
    index.reset();
    std::error_code ignored;
    if (obsolete) std::filesystem::remove_all(directory, ignored);
  }
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_GENERATION_H_
