//! Who reads and ranks texts now. Few do at once, since each holds the texts of a scope in memory, and scope by scope: whoever
//! asks much waits behind their own calls, not the others.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};

use memex_runtime::metrics::Meters;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};
use crate::meters::{Turnout, observe_turns};

/// How many calls read and rank at once for each core: one while another waits for Postgres. More would bring nothing
/// but memory, since ranking is all processor.
const PLACES_PER_CORE: usize = 2;

/// The places of this process to read and rank in.
pub(super) struct Ranking {
    places: Arc<Semaphore>,
    most: usize,
    /// How many of them one scope may have: one fewer, so that another scope's call need not wait for a long one to end.
    of_one_scope: usize,
    scopes: Mutex<HashMap<i64, Arc<ScopePlaces>>>,
}

/// The calls of one scope.
struct ScopePlaces {
    /// One call of the scope at a time waits for a place, so that scopes get them in turn.
    first: tokio::sync::Mutex<()>,
    /// Those that the scope may still have.
    free: Arc<Semaphore>,
}

/// Leave to read the texts of a scope and to rank them, for as long as it lives.
pub(super) struct RankingPlace {
    _place: OwnedSemaphorePermit,
    _of_scope: OwnedSemaphorePermit,
    /// The scope's count is kept while somebody counts in it.
    _scope: Arc<ScopePlaces>,
}

impl Default for Ranking {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self::with(cores * PLACES_PER_CORE)
    }
}

impl Ranking {
    fn with(places: usize) -> Self {
        let of_one_scope = places.saturating_sub(1).max(1);
        Self { places: Arc::new(Semaphore::new(places)), most: places, of_one_scope, scopes: Mutex::default() }
    }

    /// Waits for a place: within a scope first come, first served, and among scopes in turn. A caller who goes meanwhile
    /// has cost nothing.
    pub(super) async fn place(&self, scope: i64) -> Result<RankingPlace> {
        let of_scope = self.of(scope);
        let first = of_scope.first.lock().await;
        let own = Arc::clone(&of_scope.free).acquire_owned().await.map_err(|_| closed())?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| closed())?;
        drop(first);
        Ok(RankingPlace { _place: place, _of_scope: own, _scope: of_scope })
    }

    /// Lets the export of metrics ask how many search and how many wait to.
    pub(super) fn observe(self: &Arc<Self>, meters: &Meters) {
        let ranking = Arc::downgrade(self);
        observe_turns(meters, "search", move || {
            let Some(ranking) = ranking.upgrade() else { return Turnout::default() };
            let held = ranking.most - ranking.places.available_permits();
            let scopes = ranking.scopes.lock().unwrap_or_else(PoisonError::into_inner);
            let calls: usize = scopes.values().map(|of_scope| Arc::strong_count(of_scope) - 1).sum();
            Turnout { held, waiting: calls.saturating_sub(held) }
        });
    }

    fn of(&self, scope: i64) -> Arc<ScopePlaces> {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        // No more stay than there are calls.
        scopes.retain(|_, of_scope| Arc::strong_count(of_scope) > 1);
        let fresh = || {
            let free = Arc::new(Semaphore::new(self.of_one_scope));
            Arc::new(ScopePlaces { first: tokio::sync::Mutex::default(), free })
        };
        Arc::clone(scopes.entry(scope).or_insert_with(fresh))
    }
}

fn closed() -> Error {
    Error::Unexpected("no place to rank in is ever closed")
}

/// Does what takes the processor long, away from the threads that serve; the place is free when it is done, also where
/// the caller has gone before.
pub(super) async fn aside<T: Send + 'static>(
    place: RankingPlace,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let ranking = tokio::task::spawn_blocking(move || {
        let _until_done = place;
        work()
    });
    ranking.await.map_err(|_| Error::Unexpected("ranking ended early"))
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use futures::FutureExt as _;

    use super::*;

    type Waiting<'a> = Pin<Box<dyn Future<Output = Result<RankingPlace>> + 'a>>;

    const ADA: i64 = 1;
    const BOB: i64 = 2;
    const EVE: i64 = 3;

    /// A call that waits: it has been asked for once, and got nothing.
    fn waiting(ranking: &Ranking, scope: i64) -> Waiting<'_> {
        let mut call: Waiting<'_> = Box::pin(ranking.place(scope));
        assert!(call.as_mut().now_or_never().is_none(), "a call of scope {scope} does not wait");
        call
    }

    fn got(call: &mut Waiting<'_>) -> Option<RankingPlace> {
        call.as_mut().now_or_never().map(|place| place.unwrap())
    }

    #[tokio::test]
    async fn one_scope_never_has_every_place() {
        let ranking = Ranking::with(4);
        let mut of_ada = Vec::new();
        for _ in 0..3 {
            of_ada.push(ranking.place(ADA).await.unwrap());
        }
        let mut fourth = waiting(&ranking, ADA);
        let _of_bob = ranking.place(BOB).now_or_never().expect("a place is left for another scope").unwrap();
        let mut of_eve = waiting(&ranking, EVE);
        of_ada.pop();
        assert!(got(&mut fourth).is_none(), "Eve asked for that place first");
        let of_eve = got(&mut of_eve).expect("the place that is free");
        drop(of_eve);
        assert!(got(&mut fourth).is_some());
    }

    #[tokio::test]
    async fn a_single_place_goes_from_scope_to_scope_however_many_wait_in_one() {
        let ranking = Ranking::with(1);
        let held = ranking.place(ADA).await.unwrap();
        let calls = [ADA, ADA, ADA, BOB, EVE, BOB].map(|scope| (scope, waiting(&ranking, scope)));
        let mut calls: Vec<(i64, Waiting<'_>)> = calls.into();
        drop(held);
        let mut order = Vec::new();
        while !calls.is_empty() {
            let served = calls.iter_mut().enumerate().find_map(|(at, (_, call))| Some((at, got(call)?)));
            let (at, place) = served.expect("somebody has the place that is free");
            order.push(calls.remove(at).0);
            assert!(calls.iter_mut().all(|(_, call)| got(call).is_none()), "two have the only place");
            drop(place);
        }
        assert_eq!(order, [BOB, EVE, ADA, BOB, ADA, ADA]);
    }

    #[tokio::test]
    async fn a_caller_who_goes_while_it_waits_keeps_nobody() {
        let ranking = Ranking::with(2);
        let held = ranking.place(ADA).await.unwrap();
        let (gone, also_gone, mut stays) = (waiting(&ranking, ADA), waiting(&ranking, ADA), waiting(&ranking, ADA));
        drop((gone, also_gone));
        drop(held);
        let place = got(&mut stays).expect("the place of those who went");
        drop((stays, place));
        assert!(ranking.place(BOB).await.is_ok());
        assert_eq!(ranking.scopes.lock().unwrap().len(), 1, "scopes that nobody asks in are forgotten");
        assert_eq!(ranking.places.available_permits(), 2);
    }
}
