//! How often a test repeats itself.

/// `short`, or with `MEMEX_LONG=1` `long`.
pub fn times<T>(short: T, long: T) -> T {
    if is_long() { long } else { short }
}

/// Whether the long counts are asked for.
pub fn is_long() -> bool {
    std::env::var_os("MEMEX_LONG").is_some_and(|value| value == "1")
}
