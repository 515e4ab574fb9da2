//! Patches of one file that lost a race take turns, so that many at once do not starve each other.

use std::array;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use tokio::sync::{Mutex, MutexGuard};

use super::place::Place;

/// How many files can have a turn at the same time; two that share one merely wait for each other.
const STRIPES: usize = 256;

/// The turns of this process. Another process's patches are met by the version check alone.
pub(super) struct Turns([Mutex<()>; STRIPES]);

impl Default for Turns {
    fn default() -> Self {
        Self(array::from_fn(|_| Mutex::default()))
    }
}

impl Turns {
    /// Waits for the file's turn; it ends when the guard is dropped.
    pub(super) async fn take(&self, place: &Place) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        (&place.whose, &place.path).hash(&mut hasher);
        let stripe = usize::try_from(hasher.finish() % STRIPES as u64).unwrap_or(0);
        self.0[stripe].lock().await
    }
}
