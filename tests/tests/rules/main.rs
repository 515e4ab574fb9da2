//! The rules of memory-api, each through the door that its callers use.

#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "a test's own transactions are sqlx's")]

mod access_log;
mod accounts;
mod adoption;
mod archive;
mod archive_hostile;
mod archive_lies;
mod archive_round_trip;
mod authorization;
mod command_line;
mod connections;
mod contract;
mod database;
mod deletions;
mod drained;
mod dream_near;
mod dream_neutral;
mod dream_pairs;
mod dreams;
mod erasure;
mod erasure_backups;
mod erasure_rows;
mod erasure_watch;
mod erasure_words;
mod every_call;
mod examples;
mod history_compare;
mod history_earlier;
mod insert_lines;
mod isolation;
mod lanes;
mod line_origins;
mod lines;
mod memory;
mod metadata;
mod moves;
mod moves_dreams;
mod moves_history;
mod outages;
mod parking;
mod patch_cases;
mod patches;
mod recall;
mod redaction;
mod replay;
mod restores;
mod restores_together;
mod round_trip;
mod search;
mod search_turns;
mod tls;
mod tokens;
mod users;
mod walks;
