// UTF-8 as a terminal shows it. A column is a code point; combining marks and zero-width characters
// take none. Pure functions; invalid bytes count as one column each.
#ifndef REGISTRE_CMD_REGISTRE_TEXT_H_
#define REGISTRE_CMD_REGISTRE_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace registre::cli {

// Columns that the text takes on a terminal.
size_t DisplayWidth(std::string_view text);

// Columns of the widest part of the text that Wrap keeps on one line.
size_t WidestPart(std::string_view text);

// The text in lines of at most `width` columns (1 or more), cut between words where it can be. An
// empty text is one empty line.
std::vector<std::string> Wrap(std::string_view text, size_t width);

// The text on one line, each run of control characters replaced by a space, each invalid byte
// written as \xNN: what comes from an act or a file must not break a table, nor steer the terminal.
std::string OneLine(std::string_view text);

// Offset of the first byte that is not valid UTF-8; none when all of it is.
std::optional<size_t> InvalidUtf8At(std::string_view text);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_TEXT_H_
