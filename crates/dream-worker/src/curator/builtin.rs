//! The curator without a model: memex-curation, on a thread that may compute.

use futures::future::BoxFuture;
use memex_curation::Rules;
use memex_curation::builtin::{self, Plan};
use tokio_util::sync::CancellationToken;

use super::{Curator, CuratorError, Spent, Stage, Staged, View};

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
            let thought = tokio::task::spawn_blocking(move || plan(&view)).await;
            let Plan { ops, probable } = thought.map_err(|_| CuratorError::Panicked)?;
            stage.leave(probable);
            stage.plan(ops.iter().map(|op| op.path.clone()));
            for op in &ops {
                if stage.put(op).await? == Staged::BudgetSpent {
                    break;
                }
            }
            Ok(Spent::default())
        })
    }
}

fn plan(view: &View) -> Plan {
    let rules = Rules::on(view.today).with_neutral(view.neutral.iter().map(String::as_str));
    let rules = if view.partial { rules.over_a_part() } else { rules };
    if view.near {
        return Plan { ops: builtin::curate_probable(&view.files, &rules), probable: Vec::new() };
    }
    builtin::curate(&view.files, &rules)
}
