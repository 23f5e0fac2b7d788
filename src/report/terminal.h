// Text for a terminal: colour, columns, and wrapping that fits the width. All text given here is made printable first.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "match/severity.h"
#include "report/report.h"

namespace limpid::report {

enum class Ink : unsigned char { plain, bold, dim, red, yellow, cyan, green, magenta };
std::string paint(const Style& style, Ink ink, std::string_view text);
Ink ink_of(match::Severity severity);

// "1 finding", "2 findings".
std::string plural(std::size_t number, std::string_view one, std::string_view many = {});
// Cut to `width` columns with "…" at the end if needed, padded with blanks if `pad`.
std::string fit(std::string_view text, std::size_t width, bool pad);
// Items joined by ", ", broken between items so that no line is wider than `width`; lines after the first begin with
// `indent` blanks, and the first is taken to stand at column `indent` already.
std::string wrap_list(const std::vector<std::string>& items, std::size_t indent, std::size_t width);
// Words broken likewise.
std::string wrap_text(std::string_view text, std::size_t indent, std::size_t width);

// Rows of equal length in columns; the last column is wrapped as words, the others keep their width unless the table
// would not fit, when the widest shrinks. The first row is the heading.
std::string columns(const std::vector<std::vector<std::string>>& rows, const Style& style);

// "Debian GNU/Linux 12 (bookworm), linux/amd64, 4 layers, 534 packages".
std::string headline(const Subject& subject);
// How a report begins: what nobody fixes any more before anything else, then the target, what it is, and what else a
// reader must see first.
std::string opening(const ScanResult& result, const Style& style);
// What a reader must not miss about how complete the result is: skipped files, and the image's own notes.
std::string incomplete(const Subject& subject, const Style& style);

}  // namespace limpid::report
