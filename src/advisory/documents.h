// Feeds that are many small documents, however they are packed: one file, a tar or zip archive, a folder of any.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "advisory/feed.h"

namespace limpid::advisory {

struct DocumentKind {
  // Of a document's name, before that of its compression: ".json". Not asked for where `is_document` is set.
  std::string_view suffix = {};
  std::size_t size_max = 0;  // of one document, decompressed; a larger one is Code::limit, or skipped among others
  // Whether a path, in an archive or a folder, is that of a document.
  std::function<bool(std::string_view path)> is_document = {};
  // Whether the first bytes of a file that is no zip are those of a document: if not, it should be a tar archive. By
  // default a document is JSON or XML.
  std::function<bool(std::string_view beginning)> begins_document = {};
};

// Gets each document's name ("archive.tar/2024/cve-2024-1.json") and its text, a buffer that it may enlarge.
using DocumentVisitor = std::function<Result<void>(const std::string& name, std::string& text)>;

// What is wrong with a document that stands alone is an error; of one among many it is noted in `counts`. A damaged
// archive is an error wherever it lies: it could hide any number of documents. Ends with Code::cancelled when the sink
// says so.
Result<void> each_document(const FeedInput& input, const DocumentKind& kind, const Sink& sink, FeedCounts& counts,
                           const DocumentVisitor& visit);

}  // namespace limpid::advisory
