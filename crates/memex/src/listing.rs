//! Listings: gathered page by page, and never cut without saying so.

use crate::failure::Failure;
use crate::output;

/// How many entries one page of a listing asks for: the most that memory-api gives.
pub const PAGE_SIZE: usize = memex_core::limits::MAX_PAGE_SIZE as usize;

/// The entries that a listing gave.
#[derive(Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// As many as were asked for at most.
    pub entries: Vec<T>,
    /// Whether there are more: no listing is cut without saying so.
    pub more: bool,
}

impl<T> Listed<T> {
    /// The same as others are shown.
    pub fn into_views<V: From<T>>(self) -> Listed<V> {
        Listed { entries: self.entries.into_iter().map(V::from).collect(), more: self.more }
    }
}

/// Tells a person, beside standard output and below the listing, where there are `more` than `limit`, and `how` others
/// are shown.
///
/// # Errors
/// When standard error cannot be written.
pub fn say_more(more: bool, limit: u32, how: &str) -> std::io::Result<()> {
    if more { output::nothing(format_args!("there are more than {limit}; {how}")) } else { Ok(()) }
}

/// Gathers the pages of a listing until it ends or `limit` entries are there. `page` takes a size and a page token and
/// gives entries and the next token.
///
/// # Errors
/// The first page's failure that there is.
pub async fn pages<T>(
    limit: usize,
    mut page: impl AsyncFnMut(i32, String) -> Result<(Vec<T>, String), Failure>,
) -> Result<Listed<T>, Failure> {
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let size = (limit - all.len()).min(PAGE_SIZE) as i32;
        let (entries, next) = page(size, token).await?;
        all.extend(entries);
        if next.is_empty() || all.len() >= limit {
            let more = !next.is_empty() || all.len() > limit;
            all.truncate(limit);
            return Ok(Listed { entries: all, more });
        }
        token = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pages_end_at_the_limit_or_with_the_last_page() {
        let three = async |size: i32, token: String| {
            let page: usize = token.parse().unwrap_or(0);
            let next = if page == 2 { String::new() } else { (page + 1).to_string() };
            Ok((vec![(page, size); 2], next))
        };
        let whole = vec![(0, 100), (0, 100), (1, 98), (1, 98), (2, 96), (2, 96)];
        assert_eq!(pages(100, three).await.unwrap(), Listed { entries: whole, more: false });
        assert_eq!(pages(3, three).await.unwrap(), Listed { entries: vec![(0, 3), (0, 3), (1, 1)], more: true });
        assert!(pages(2, three).await.unwrap().more && !pages(6, three).await.unwrap().more);
    }
}
