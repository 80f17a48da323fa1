// How values read in a table: amounts, dates, marks of what is assumed, the point of a read.
#ifndef REGISTRE_CMD_REGISTRE_FORMAT_H_
#define REGISTRE_CMD_REGISTRE_FORMAT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "google/protobuf/timestamp.pb.h"
#include "registre/v1/common.pb.h"

namespace registre::cli {

// 18/09/2023; empty when the date is not set.
std::string DateText(const v1::Date& date);

// 01/01/2023 – 31/12/2023; empty when the period is not set.
std::string PeriodText(const v1::Period& period);

// 2023-09-18T10:00:00.25Z; empty when the instant is not set.
std::string InstantText(const google::protobuf::Timestamp& instant);

// 2023-405, or 2023-259 (avant l'ouverture du registre).
std::string DeliberationText(const v1::DeliberationRef& ref);

// Lower-case hexadecimal.
std::string Hex(std::string_view bytes);

// "1 ligne", "2 lignes": the plural is the word with an s unless it is given.
std::string Count(int64_t count, std::string_view one, std::string_view many = "");

// What a document does not say is never passed off as said: `*` behind a value, and a footnote.
using AssumedFields = google::protobuf::RepeatedPtrField<std::string>;

// The marks of one row of state, for its cells.
class RowMarks {
 public:
  // Borrows the fields.
  explicit RowMarks(const AssumedFields& fields) : fields_(fields) {}

  // `text` with `*` when one of `paths` is assumed. A path starts at the act and has no list
  // indexes, for example convention_signed.signatures.authority_signed_on; it is also assumed when
  // something around it or inside it is. An empty text stays empty.
  std::string Cell(std::string text, absl::Span<const std::string_view> paths);

  // `text` with `*` when something is assumed that no cell asked so far shows.
  std::string Key(std::string text) const;

 private:
  const AssumedFields& fields_;
  bool shown_ = false;
};

// The fields of a footnote: each once, by act, without list indexes.
class Footnote {
 public:
  void Add(const AssumedFields& fields);

  // "* supposé : le document ne le dit pas", then a line an act with its fields; nothing when there
  // are none.
  void Print(std::ostream& out, size_t width) const;

 private:
  std::map<std::string, std::set<std::string>> fields_;  // the empty field: the whole act
};

// The last line of a read: "à la position #63", with the point on the two axes that was asked for.
// `position` is unset while the ledger is empty.
std::string PositionText(std::optional<uint64_t> position, const v1::AsOf& as_of);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_FORMAT_H_
