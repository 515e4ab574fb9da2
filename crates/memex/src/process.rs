//! This process: its log, and the executable that the services are started from.

use std::path::PathBuf;

use memex_runtime::settings::Mistake;
use memex_runtime::telemetry::{self, Telemetry, TelemetryArgs};

use crate::failure::Failure;
use crate::settings::variable;

/// A person at a terminal sees the command's own words; its log is for who asks for it.
pub fn quiet_telemetry() -> Result<Telemetry, Failure> {
    let log = variable("MEMEX_LOG").filter(|filter| !filter.trim().is_empty()).unwrap_or_else(|| "warn".to_owned());
    telemetry::init("memex", &TelemetryArgs { log, ..TelemetryArgs::default() }).map_err(bad_setting)
}

/// This executable, which the services are started from as well.
pub fn own_program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::local("this executable", format_args!("cannot be found again: {error}")))
}

fn bad_setting(error: telemetry::TelemetryError) -> Failure {
    Failure::Settings(Mistake::from(error).into())
}
