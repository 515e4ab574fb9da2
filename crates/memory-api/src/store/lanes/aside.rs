//! Where the items of a scope go that somebody else holds, so that they hold up nobody but each other: a task for each
//! such scope, on the pool's connections, until none is left.

use std::collections::HashMap;

use futures::FutureExt as _;
use futures::future::join_all;
use memex_core::limits::LANE_BATCH_MAX;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::super::pool::Pool;
use super::door::{Door, Failed};
use super::settle::settle;
use super::work::{Item, Work};
use crate::meters::StoreMeters;

/// The scopes whose items go aside now.
pub(super) struct Asides<W: Work> {
    pool: Pool,
    meters: StoreMeters,
    open: HashMap<i64, Sender<Item<W>>>,
}

impl<W: Work> Asides<W> {
    pub(super) fn new(pool: Pool, meters: StoreMeters) -> Self {
        Self { pool, meters, open: HashMap::new() }
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
            let door = Door::of_pool(self.pool.clone(), self.meters.clone());
            tokio::spawn(empty(self.pool.clone(), door, item, waiting));
        }
    }
}

/// Runs what waits until nothing does. The queue is closed before its task ends, so that nothing is left in it: who
/// finds it closed has the item back.
async fn empty<W: Work>(pool: Pool, mut door: Door, first: Item<W>, mut waiting: Receiver<Item<W>>) {
    let mut batch = vec![first];
    loop {
        fill(&mut batch, &mut waiting);
        if batch.is_empty() {
            waiting.close();
            fill(&mut batch, &mut waiting);
        }
        if batch.is_empty() {
            return;
        }
        // A caller may leave while the scope is held. The lock is waited for without the changes, so that those of callers
        // who left are never sent, and those of callers who came meanwhile are.
        match unless_all_leave(all_gone(&batch), Door::until_free::<W>(&pool, W::scope(&batch[0].ask))).await {
            // The pool's connections wait much longer for a lock than a lane's; what that was too short for is shed.
            Some(Err(Failed::Busy | Failed::Late)) => batch.drain(..).for_each(Item::shed),
            // What else fails befalls the changes too, and they tell their callers.
            Some(_) => {
                fill(&mut batch, &mut waiting);
                run(&mut door, std::mem::take(&mut batch)).await;
            }
            None => batch.clear(),
        }
    }
}

/// Runs a batch, unless all its callers leave.
async fn run<W: Work>(door: &mut Door, batch: Vec<Item<W>>) {
    if batch.is_empty() {
        return;
    }
    let busy = unless_all_leave(all_gone(&batch), settle(door, batch)).await;
    busy.into_iter().flatten().for_each(Item::shed);
}

/// What comes of the statement; `None` where all callers leave before. The connection of what is dropped here is closed, so
/// that Postgres ends the statement.
async fn unless_all_leave<T>(all_gone: impl Future<Output = ()>, statement: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        answer = statement => Some(answer),
        () = all_gone => None,
    }
}

/// Ends when nobody waits for any of these.
fn all_gone<W: Work>(batch: &[Item<W>]) -> impl Future<Output = ()> + Send + use<W> {
    join_all(batch.iter().map(Item::caller_gone)).map(drop)
}

/// Adds what waits, up to the most of a batch, without those that nobody awaits.
fn fill<W: Work>(batch: &mut Vec<Item<W>>, waiting: &mut Receiver<Item<W>>) {
    batch.retain(Item::is_awaited);
    while batch.len() < LANE_BATCH_MAX {
        let Ok(item) = waiting.try_recv() else { return };
        batch.extend(Some(item).filter(Item::is_awaited));
    }
}
