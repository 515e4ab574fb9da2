//! What the processes of the fault tests have in common with the test that starts them.

use std::io::Read as _;
use std::net::SocketAddr;

/// Names the file in which a process says where it listens.
pub const READY_FILE: &str = "MEMEX_TEST_READY_FILE";

/// Ends this process when the test that started it is gone, however that came: the test holds the other end of its
/// standard input.
pub fn end_with_parent() {
    std::thread::spawn(|| {
        // Nothing is ever written there; whatever ends the wait, the test is gone.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(1);
    });
}

/// Says where this process listens, in a file that is whole as soon as it is there.
pub fn say(address: SocketAddr) {
    let Some(file) = std::env::var_os(READY_FILE).map(std::path::PathBuf::from) else { return };
    let half = file.with_extension("half");
    std::fs::write(&half, address.to_string()).expect("the test's directory can be written");
    std::fs::rename(&half, &file).expect("the test's directory can be written");
}
