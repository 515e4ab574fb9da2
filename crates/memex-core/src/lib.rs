#![doc = include_str!("../README.md")]

pub mod actor;
pub mod blame;
pub mod budget;
pub mod clock;
pub mod diff;
pub mod dream;
pub mod dream_log;
pub mod eligibility;
pub mod front_matter;
pub mod ids;
pub mod keys;
pub mod limits;
pub mod lines;
pub mod patch;
pub mod path;
pub mod recall;
pub mod redaction;
pub mod search;
pub mod text;
pub mod user_id;

mod characters;
mod words;
