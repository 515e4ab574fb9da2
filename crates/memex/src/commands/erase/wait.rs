//! Waits for an erasure's end.

use std::time::Duration;

use memex_proto::v1::{ErasureState, ErasureStatus};
use memex_runtime::lifecycle::Shutdown;
use tokio::time::{sleep, timeout};

use super::erasure;
use crate::context::{Context, or_left};
use crate::failure::Failure;
use crate::output::{counted, progress, safe_line};

/// How often a waiting command asks how far it is: at first, and after a while.
const POLL_FIRST: Duration = Duration::from_millis(100);
const POLL_LONGEST: Duration = Duration::from_secs(5);

/// Asks until nothing is left.
///
/// # Errors
/// [`Failure::TimedOut`] after `limit`, [`Failure::Left`] where told to end; the erasure goes on in both. As GetErasure.
pub(super) async fn done(
    context: &Context,
    user: &str,
    begun: ErasureStatus,
    limit: Duration,
) -> Result<ErasureStatus, Failure> {
    let goes_on = || format!("the erasure goes on: memex erase {user} --status");
    let late = |_| Failure::TimedOut(format!("not all is deleted within {} s; {}", limit.as_secs(), goes_on()));
    let done = async { timeout(limit, ask(context, user, begun)).await.map_err(late)? };
    or_left(&Shutdown::on_signals()?, goes_on, done).await
}

async fn ask(context: &Context, user: &str, mut now: ErasureStatus) -> Result<ErasureStatus, Failure> {
    let spinner = progress::spinner(String::new(), context.json);
    let mut pause = POLL_FIRST;
    while now.state() == ErasureState::Running {
        spinner.set_message(format!("erasing {}: {} deleted", safe_line(user), counted(now.deleted_rows, "row")));
        sleep(pause).await;
        pause = (pause * 2).min(POLL_LONGEST);
        now = erasure(context, user).await?;
    }
    spinner.finish_and_clear();
    Ok(now)
}
