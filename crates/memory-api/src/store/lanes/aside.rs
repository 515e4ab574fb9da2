//! Where the items of a scope go that somebody else holds, so that they hold up nobody but each other: a task for each
//! such scope, on the pool's connections, until none is left.

use std::collections::HashMap;

use memex_core::limits::LANE_BATCH_MAX;
use sqlx::PgPool;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::door::Door;
use super::lane::{Item, Work};
use super::settle::settle;

/// The scopes whose items go aside now.
pub(super) struct Asides<W: Work> {
    pool: PgPool,
    open: HashMap<i64, Sender<Item<W>>>,
}

impl<W: Work> Asides<W> {
    pub(super) fn new(pool: PgPool) -> Self {
        Self { pool, open: HashMap::new() }
    }

    /// Takes an item of a scope that goes aside, or sheds it where too many wait there; gives back any other.
    pub(super) fn pass(&mut self, item: Item<W>) -> Option<Item<W>> {
        let scope = W::scope(&item.ask);
        let Some(queue) = self.open.get(&scope) else { return Some(item) };
        match queue.try_send(item) {
            Ok(()) => None,
            Err(TrySendError::Full(item)) => {
                item.shed();
                None
            }
            Err(TrySendError::Closed(item)) => {
                self.open.remove(&scope);
                Some(item)
            }
        }
    }

    /// Takes the items of a batch that waited for a lock in vain, each scope by itself: which one was held is not said.
    pub(super) fn take(&mut self, busy: Vec<Item<W>>) {
        if busy.is_empty() {
            return;
        }
        self.open.retain(|_, queue| !queue.is_closed());
        for item in busy {
            let Some(item) = self.pass(item) else { continue };
            let (queue, waiting) = mpsc::channel(LANE_BATCH_MAX);
            self.open.insert(W::scope(&item.ask), queue);
            tokio::spawn(empty(Door::Pool(self.pool.clone()), item, waiting));
        }
    }
}

/// Runs what waits until nothing does. The queue is closed before its task ends, so that nothing is left in it: who
/// finds it closed has the item back.
async fn empty<W: Work>(mut door: Door, first: Item<W>, mut waiting: Receiver<Item<W>>) {
    let mut batch = vec![first];
    loop {
        batch.extend(drain(&mut waiting));
        if batch.is_empty() {
            waiting.close();
            batch.extend(drain(&mut waiting));
        }
        if batch.is_empty() {
            return;
        }
        batch.retain(Item::is_awaited);
        let ready = std::mem::take(&mut batch);
        if !ready.is_empty() {
            // The pool's connections wait much longer for a lock than a lane's; what that was too short for is shed.
            settle(&mut door, ready).await.into_iter().for_each(Item::shed);
        }
    }
}

fn drain<W: Work>(waiting: &mut Receiver<Item<W>>) -> Vec<Item<W>> {
    std::iter::from_fn(|| waiting.try_recv().ok()).take(LANE_BATCH_MAX).collect()
}
