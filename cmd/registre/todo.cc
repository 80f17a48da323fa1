// Not built yet; goes away with the last of them.
#include "cmd/registre/command.h"

namespace registre::cli {
namespace {

int NotBuilt(Console& console) {
  console.err << "registre: not built yet\n";
  return kExitRefused;
}

}  // namespace

int RunBackup(const Args&, Client&, Console& console) { return NotBuilt(console); }
int RunRestore(const Args&, Console& console) { return NotBuilt(console); }

}  // namespace registre::cli
