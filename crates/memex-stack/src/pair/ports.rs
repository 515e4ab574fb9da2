//! Looks whether a port is free before anything is started, so that a taken one is said at once and with a way out.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;

use super::PairError;

/// How long a taken port is waited for: the services of a `memex up` that was just killed are about to leave it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is tried.
const TRY_AGAIN: Duration = Duration::from_millis(50);

/// Fails where something else listens on `address`.
pub(super) async fn check(address: SocketAddr, flag: &'static str) -> Result<(), PairError> {
    let free = async {
        loop {
            match TcpListener::bind(address).await {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::AddrInUse => tokio::time::sleep(TRY_AGAIN).await,
                Err(source) => return Err(PairError::Listen { address, flag, source }),
            }
        }
    };
    tokio::time::timeout(PATIENCE, free).await.unwrap_or(Err(PairError::PortTaken { address, flag }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_taken_port_is_named_with_the_flag_that_gives_another() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let told = check(address, "--listen").await.unwrap_err().to_string();
        assert!(told.starts_with(&format!("{address} is taken")) && told.contains("--listen 127.0.0.1:0"), "{told}");
        drop(taken);
        check(address, "--listen").await.unwrap();
    }
}
