//! Every bound of the product in one list, each with its reason.

/// Bytes of one path in its canonical form. File systems and object stores take 1,024; an index key stays short.
pub const MAX_PATH_BYTES: usize = 1024;

/// Segments of one path, the scope's (`user`, `shared`) counted: deeper trees are mistakes of a program.
pub const MAX_PATH_SEGMENTS: usize = 20;

/// Bytes of a path as a caller spells it. Decomposed text is at most three times as long as its NFC form in every
/// script that people write, so that a decomposed twin of a longest path still finds its file.
pub const MAX_PATH_SPELLING_BYTES: usize = 3 * MAX_PATH_BYTES;

/// Bytes of one user id: long enough for URLs and e-mail addresses, short enough for a key column.
pub const MAX_USER_ID_BYTES: usize = 256;

/// Bytes of the display name that a token writes as actor on revisions; a name, not a text.
pub const MAX_ACTOR_BYTES: usize = 128;

/// Bytes of a reason: a sentence or three, kept on every revision for ever.
pub const MAX_REASON_BYTES: usize = 1_000;

/// Edits of one patch. They travel in one message and are applied before the deadline of one call.
pub const MAX_EDITS: usize = 100;

/// Lines that one `append_lines` or `insert_lines` adds. A text of the default size has fewer.
pub const MAX_ADDED_LINES: usize = 10_000;

/// Line numbers that a refused patch lists; enough to choose from, the count is complete.
pub const MAX_REPORTED_LINES: usize = 20;

/// Rows of one page when the caller asks for more: a page stays below a message's size.
pub const MAX_PAGE_SIZE: u32 = 1000;

/// Rows of one page when the caller names no size.
pub const DEFAULT_PAGE_SIZE: u32 = 100;

/// Files of one batch read; with the default text bound a batch may still exceed a message, and is then refused.
pub const MAX_BATCH_READ: usize = 100;

/// Paths that a dream leaves for the next one at most: as many as a scope has files by default. `mx_walk_1` takes a list
/// of so many for one that was cut, and `mx_assign_1` tells a worker no more.
pub const MAX_LEFT_PATHS: usize = 2_000;

/// Bytes that `max_text_bytes` may allow at most, so that a text and the rest of its message fit into one message.
pub const MAX_TEXT_BYTES_CEILING: usize = 1024 * 1024;

/// Characters of the instructions that a person gives a dream; they go into every prompt of it.
pub const MAX_INSTRUCTIONS_CHARACTERS: usize = 4_096;

/// Bytes of the summary with which a worker finishes a dream; shown in lists.
pub const MAX_SUMMARY_BYTES: usize = 1_000;

/// Probable pairs that a dream lists at most; it counts all of them.
pub const MAX_PROBABLE_PAIRS: usize = 200;

/// Bytes of a worker's name: a pod's name (253) is cut by nobody's habit at 63; twice that.
pub const MAX_WORKER_NAME_BYTES: usize = 128;

/// Dreams that one ClaimDreams hands out, whatever the worker asks for: more than a worker can run at once.
pub const MAX_CLAIM: u32 = 64;

/// Trace contexts of the writes that made a user due, as links of the dream's span; collectors keep 128 at most.
pub const MAX_WRITE_LINKS: usize = 32;

/// Changes or reads of one round trip of a lane: beyond 64 a batch gains nothing and holds its locks longer.
pub const LANE_BATCH_MAX: usize = 64;

/// Calls that wait before a lane; what comes on top is answered `OVERLOADED` instead of waiting past its deadline.
pub const LANE_QUEUE_MAX: usize = 1024;

/// Treatments of one op: one for each line of a text of the default size with short lines.
pub const MAX_TREATMENTS_PER_OP: usize = 2_000;

/// Source lines that one treatment may cite as its ground.
pub const MAX_SOURCES_PER_TREATMENT: usize = 100;

/// Lines that differ, between the common beginning and end of two texts, up to which a diff looks for the shortest
/// account of them. The search is quadratic at worst; above this the whole middle is shown as replaced.
pub const MAX_DIFF_LINES: usize = 8_000;

/// Lines of context that a diff may be asked for around each change: beyond it the whole text is what is wanted.
pub const MAX_CONTEXT_LINES: i32 = 1000;

/// Bytes of a query, of a search or a recall: a long question, not a document.
pub const MAX_QUERY_BYTES: usize = 1_000;

/// Words of a query that count; a thousand bytes have hardly more.
pub const MAX_QUERY_WORDS: usize = 64;

/// Passages of one search when the caller asks for more: nobody reads as many.
pub const MAX_PASSAGES: usize = 100;

/// Passages of one search when the caller names no number.
pub const DEFAULT_PASSAGES: usize = 10;

/// Bytes of one passage: a few lines, so that ten of them fit beside a prompt.
pub const MAX_PASSAGE_BYTES: usize = 400;

/// Bytes of text that one search or recall reads: of larger memory, what changed last. It bounds what a call holds.
pub const MAX_SEARCHED_BYTES: usize = 64 * 1024 * 1024;

/// Bytes of the smallest block that a recall may be asked for: less has no room for a path and a line.
pub const MIN_RECALL_BYTES: usize = 256;

/// Bytes of the largest: its files' names and what it left out fit into one message beside it.
pub const MAX_RECALL_BYTES: usize = 1_000_000;

/// Bytes of a recall's block when the caller names no size: about 2,000 tokens, which every prompt has room for.
pub const DEFAULT_RECALL_BYTES: usize = 8_000;

/// Files that a recall lists as left out.
pub const MAX_LEFT_OUT: usize = 1_000;

/// Bytes of front matter that are read: it holds a few keys, and a file that begins with a long one is something else.
pub const MAX_FRONT_MATTER_BYTES: usize = 16 * 1024;

/// Bytes of one line of an archive: a text at its ceiling, every byte of it escaped as six, and the rest of the line.
pub const MAX_ARCHIVE_LINE_BYTES: usize = 6 * MAX_TEXT_BYTES_CEILING + 64 * 1024;

/// Bytes of an archive that is imported: a full scope with a history of ten times its texts.
pub const MAX_ARCHIVE_BYTES: u64 = 1024 * 1024 * 1024;

/// Bytes of a part of an archive that is exported, about: a line that is longer travels in several.
pub const ARCHIVE_PART_BYTES: usize = 64 * 1024;
