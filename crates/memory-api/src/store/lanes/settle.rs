//! What becomes of a batch: answers, or for each kind of failure the least that has to be done again.

use super::door::{Door, Failed};
use super::work::{Item, Work};
use crate::error::Error;

/// Runs the batch and answers its items, but for those that wait for somebody else's lock, which are given back.
pub(super) async fn settle<W: Work>(door: &mut Door, batch: Vec<Item<W>>) -> Vec<Item<W>> {
    match door.attempt(&batch).await {
        Ok(answers) => answer_each(batch, answers),
        Err(Failed::Unknown) => return send_again(door, batch).await,
        Err(Failed::Raised(_)) if batch.len() > 1 => return each_alone(door, batch).await,
        Err(failed) => return refuse_each(batch, failed),
    }
    Vec::new()
}

fn answer_each<W: Work>(batch: Vec<Item<W>>, answers: Vec<W::Answer>) {
    for (item, answer) in batch.into_iter().zip(answers) {
        item.answer(Ok(answer));
    }
}

/// One item raised and undid them all: alone, only that one fails. It should not happen: a refusal is an answer, not a
/// raise.
async fn each_alone<W: Work>(door: &mut Door, batch: Vec<Item<W>>) -> Vec<Item<W>> {
    door.batch_raised::<W>();
    tracing::warn!(items = batch.len(), "a batch raised; each of its items runs alone");
    let mut busy = Vec::new();
    for item in batch {
        let item = vec![item];
        match door.attempt(&item).await {
            Ok(answers) => answer_each(item, answers),
            Err(failed) => busy.extend(refuse_each(item, failed)),
        }
    }
    busy
}

/// The batch may stand: what can be repeated without harm is sent once more, the rest is told so.
async fn send_again<W: Work>(door: &mut Door, batch: Vec<Item<W>>) -> Vec<Item<W>> {
    let (again, unknown): (Vec<_>, Vec<_>) = batch.into_iter().partition(|item| W::repeatable(&item.ask));
    tracing::warn!(again = again.len(), unknown = unknown.len(), "a batch lost its connection before it was answered");
    refuse_each(unknown, Failed::Unknown);
    if again.is_empty() {
        return Vec::new();
    }
    match door.attempt(&again).await {
        Ok(answers) => {
            answer_each(again, answers);
            Vec::new()
        }
        Err(Failed::Raised(_)) if again.len() > 1 => each_alone(door, again).await,
        Err(failed) => refuse_each(again, failed),
    }
}

/// Tells every item of the failure; gives back those that only wait for a lock.
fn refuse_each<W: Work>(batch: Vec<Item<W>>, failed: Failed) -> Vec<Item<W>> {
    match failed {
        Failed::Busy => return batch,
        Failed::Late => batch.into_iter().for_each(Item::shed),
        Failed::Unreachable | Failed::Unknown => batch.into_iter().for_each(|item| item.answer(Err(Error::Away))),
        Failed::Unwritable(code) => {
            batch.into_iter().for_each(|item| item.answer(Err(Error::Unwritable { code: code.clone() })));
        }
        Failed::Unexpected(what) => batch.into_iter().for_each(|item| item.answer(Err(Error::Unexpected(what)))),
        // Only an item that ran alone is told what it raised.
        Failed::Raised(error) => {
            if let Some(item) = batch.into_iter().next() {
                item.answer(Err(error));
            }
        }
    }
    Vec::new()
}
