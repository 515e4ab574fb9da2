//! Waits for conditions, never for times.

use std::time::Duration;

use memex_proto::reason::passes;
use tonic::Status;

use crate::refused::reason;

/// How long a condition is waited for. Generous: it only ends a test that would hang.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// How often a condition is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Looks until there is what is looked for, and gives it.
///
/// # Panics
/// With `what` where that takes longer than [`DEADLINE`].
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(DEADLINE, looking).await.unwrap_or_else(|_| panic!("waited {DEADLINE:?} in vain until {what}"))
}

/// Waits for something that ends by itself.
///
/// # Panics
/// With `what` where that takes longer than [`DEADLINE`].
pub async fn ends<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.unwrap_or_else(|_| panic!("waited {DEADLINE:?} in vain for {what}"))
}

/// Makes a call that is safe to repeat until it is neither shed nor kept from the database, as a client does that is
/// told to repeat: on a machine that is slow, both may come of nothing but that.
///
/// # Panics
/// Where that takes longer than [`DEADLINE`].
pub async fn insisted<T, F>(mut call: impl FnMut() -> F) -> Result<T, Status>
where
    F: Future<Output = Result<T, Status>>,
{
    let calling = async {
        loop {
            match call().await {
                Err(status) if passes(reason(&status)) => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                answer => return answer,
            }
        }
    };
    ends("a call that is taken", calling).await
}
