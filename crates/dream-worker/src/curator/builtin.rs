//! The curator without a model: memex-curation, on a thread that may compute.

use std::sync::Arc;

use futures::future::BoxFuture;
use memex_curation::builtin::{self, Left, Plan};
use memex_curation::{PlannedOp, Rules};
use tokio_util::sync::CancellationToken;

use super::{Curator, CuratorError, Spent, Stage, Staged, View};

/// How often one op is put again without what was refused: each refusal names up to a hundred treatments.
const MOST_TRIES: usize = 8;

/// Stages what memex-curation can ground. Deterministic.
#[derive(Debug, Clone, Copy, Default)]
pub struct Builtin;

impl Curator for Builtin {
    // It takes milliseconds, so that it is not stopped half-way; its answer is dropped instead.
    fn curate<'a>(
        &'a self,
        view: View,
        stage: &'a mut Stage<'_>,
        _stop: CancellationToken,
    ) -> BoxFuture<'a, Result<Spent, CuratorError>> {
        Box::pin(async move {
            let view = Arc::new(view);
            let Plan { ops, probable } = thought(&view, plan).await?;
            stage.leave(probable);
            stage.plan(ops.iter().map(|op| op.path.clone()));
            let mut left = Left::default();
            for op in ops {
                if put(&view, stage, op, &mut left).await? == Staged::BudgetSpent {
                    break;
                }
            }
            Ok(Spent::default())
        })
    }
}

/// Puts an op on the stage, and again without the treatments that memory-api refuses.
async fn put(view: &Arc<View>, stage: &mut Stage<'_>, op: PlannedOp, left: &mut Left) -> Result<Staged, CuratorError> {
    let mut staged = stage.put(&op).await?;
    let mut op = op;
    for _ in 0..MOST_TRIES {
        let Staged::Ungrounded(treatments) = &staged else { return Ok(staged) };
        // Each is left, not only the first that is new.
        if treatments.iter().filter(|&&treatment| left.leave(&op, treatment)).count() == 0 {
            return Ok(staged);
        }
        let (path, without) = (op.path.clone(), left.clone());
        let again = move |view: &View| builtin::curate_again(&view.files, &rules(view), view.near, &path, &without);
        let Some(without) = thought(view, again).await? else { return Ok(staged) };
        staged = stage.put(&without).await?;
        op = without;
    }
    Ok(staged)
}

async fn thought<T: Send + 'static>(
    view: &Arc<View>,
    think: impl FnOnce(&View) -> T + Send + 'static,
) -> Result<T, CuratorError> {
    let view = Arc::clone(view);
    tokio::task::spawn_blocking(move || think(&view)).await.map_err(|_| CuratorError::Panicked)
}

fn rules(view: &View) -> Rules {
    let rules = Rules::on(view.today).with_neutral(view.neutral.iter().map(String::as_str));
    if view.partial { rules.over_a_part() } else { rules }
}

fn plan(view: &View) -> Plan {
    let rules = rules(view);
    if view.near {
        return Plan { ops: builtin::curate_probable(&view.files, &rules), probable: Vec::new() };
    }
    builtin::curate(&view.files, &rules)
}
