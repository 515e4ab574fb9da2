//! A file or standard input in parts, read on a thread of its own: a read that waits keeps nobody from ending.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use tokio::sync::mpsc;

/// The size of a part, well below the largest message.
pub const PART_BYTES: usize = 64 * 1024;

/// Parts that are read before they are asked for.
const AHEAD: usize = 4;

/// Parts to come. An empty one is the end.
#[derive(Debug)]
pub struct Parts(mpsc::Receiver<io::Result<Vec<u8>>>);

impl Parts {
    /// The next one, or nothing at the end.
    ///
    /// # Errors
    /// When it cannot be opened or read; nothing more can be then.
    pub async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        match self.0.recv().await {
            Some(part) => part.map(|part| Some(part).filter(|part| !part.is_empty())),
            // The thread has an end for every file; without one it has died.
            None => Err(io::Error::other("the reading broke off")),
        }
    }
}

/// Begins to read a file, or standard input where there is none.
pub fn open(file: Option<&Path>) -> Parts {
    let file = file.map(Path::to_owned);
    read(move || match file {
        Some(file) => Ok(Box::new(File::open(file)?) as Box<dyn Read>),
        None => Ok(Box::new(io::stdin())),
    })
}

fn read(open: impl FnOnce() -> io::Result<Box<dyn Read>> + Send + 'static) -> Parts {
    let (send, parts) = mpsc::channel(AHEAD);
    std::thread::spawn(move || {
        let mut from = open();
        loop {
            let part = from.as_mut().map_err(|error| io::Error::new(error.kind(), error.to_string())).and_then(part);
            let last = part.as_ref().map_or(true, Vec::is_empty);
            // Nobody waits for more where the import has ended.
            if send.blocking_send(part).is_err() || last {
                return;
            }
        }
    });
    Parts(parts)
}

fn part(from: &mut Box<dyn Read>) -> io::Result<Vec<u8>> {
    let mut part = Vec::with_capacity(PART_BYTES);
    from.take(PART_BYTES as u64).read_to_end(&mut part)?;
    Ok(part)
}

/// Parts of something that gives some bytes and then fails.
#[cfg(test)]
pub fn broken_after(bytes: usize) -> Parts {
    read(move || Ok(Box::new(tests::Breaks(bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives bytes, and then fails.
    pub(super) struct Breaks(pub usize);

    impl Read for Breaks {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::Error::other("broken"));
            }
            let bytes = self.0.min(into.len());
            into[..bytes].fill(b'x');
            self.0 -= bytes;
            Ok(bytes)
        }
    }

    async fn lengths(mut parts: Parts) -> (Vec<usize>, Option<String>) {
        let mut lengths = Vec::new();
        loop {
            match parts.next().await {
                Ok(None) => return (lengths, None),
                Ok(Some(part)) => lengths.push(part.len()),
                Err(error) => return (lengths, Some(error.to_string())),
            }
        }
    }

    #[tokio::test]
    async fn parts_are_full_but_the_last_and_an_empty_file_has_none() {
        let whole = |bytes: usize| read(move || Ok(Box::new(io::repeat(b'x').take(bytes as u64))));
        assert_eq!(lengths(whole(0)).await, (vec![], None));
        assert_eq!(lengths(whole(2 * PART_BYTES)).await, (vec![PART_BYTES; 2], None));
        assert_eq!(lengths(whole(PART_BYTES + 1)).await, (vec![PART_BYTES, 1], None));
    }

    #[tokio::test]
    async fn what_breaks_off_is_never_an_end() {
        let told = lengths(broken_after(PART_BYTES + 1)).await;
        assert_eq!(told, (vec![PART_BYTES], Some("broken".to_owned())));
        assert!(lengths(open(Some(Path::new("/nonexistent")))).await.1.is_some());
        assert!(lengths(read(|| panic!("on purpose"))).await.1.is_some());
    }
}
