//! How often a test repeats itself.

/// `short`, or with `MEMEX_LONG=1` `long`.
pub fn times(short: usize, long: usize) -> usize {
    if std::env::var_os("MEMEX_LONG").is_some_and(|value| value == "1") { long } else { short }
}
