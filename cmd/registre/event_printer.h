// Events as lines of a table, or as JSON, as they come.
#ifndef REGISTRE_CMD_REGISTRE_EVENT_PRINTER_H_
#define REGISTRE_CMD_REGISTRE_EVENT_PRINTER_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "cmd/registre/client.h"
#include "cmd/registre/console.h"
#include "cmd/registre/ledger_time.h"
#include "registre/v1/event.pb.h"

namespace registre::cli {

// Prints events one by one, up to the limit: widths are fixed, so that nothing waits for the last.
class EventPrinter {
 public:
  // Borrows client and console. Without a limit nothing is ever full.
  EventPrinter(bool json, std::optional<uint64_t> limit, Client& client, Console& console)
      : json_(json), limit_(limit), time_(client), console_(console) {}

  // False when its bytes are no event (said on err).
  bool Print(const v1::RecordedEvent& recorded);

  bool full() const { return limit_ && printed_ >= *limit_; }
  uint64_t printed() const { return printed_; }

 private:
  void PrintLine(std::string_view position, std::string_view date, std::string_view act,
                 std::string_view recorded_at, std::string_view tags);
  void PrintHeader();
  void PrintRow(const v1::Event& event);

  const bool json_;
  const std::optional<uint64_t> limit_;
  LedgerTime time_;
  Console& console_;
  uint64_t printed_ = 0;
};

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_EVENT_PRINTER_H_
