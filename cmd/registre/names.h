// Names of structures by ledger id, for tables.
#ifndef REGISTRE_CMD_REGISTRE_NAMES_H_
#define REGISTRE_CMD_REGISTRE_NAMES_H_

#include <map>
#include <string>

#include "cmd/registre/client.h"
#include "registre/v1/query.pb.h"

namespace registre::cli {

// Asks the server once for each id. Borrows the client.
class StructureNames {
 public:
  StructureNames(Client& client, v1::ReadOptions options)
      : client_(client), options_(std::move(options)) {}

  // The name at that point; the id itself when the server does not say.
  const std::string& Of(const std::string& structure_id);

 private:
  Client& client_;
  v1::ReadOptions options_;
  std::map<std::string, std::string> names_;
};

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_NAMES_H_
