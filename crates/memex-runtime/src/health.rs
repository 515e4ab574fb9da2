//! Says over gRPC's health protocol whether the process lives and which of its services may be called.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::Mutex;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

/// The health of this process. The empty name is liveness: SERVING while the process runs, whatever it depends on.
/// Every other name is a service's readiness, set by whoever knows it. Clones report to the same place.
#[derive(Debug, Clone, Default)]
pub struct Health {
    reporter: HealthReporter,
    readiness: Arc<Mutex<Readiness>>,
}

#[derive(Debug, Default)]
struct Readiness {
    names: BTreeSet<String>,
    ending: bool,
}

impl Health {
    /// Alive, with no service named yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says whether the service `name` (`memex.v1.MemoryService`) may be called. Once the process is ending it stays
    /// NOT_SERVING.
    pub async fn set(&self, name: &str, serving: bool) {
        // Held until the reporter has it, so that a late SERVING cannot overtake the end.
        let mut readiness = self.readiness.lock().await;
        readiness.names.insert(name.to_owned());
        let status = if serving && !readiness.ending { ServingStatus::Serving } else { ServingStatus::NotServing };
        self.reporter.set_service_status(name, status).await;
    }

    /// Says for several services at once what [`Health::set`] says for one.
    pub async fn set_all<'a>(&self, names: impl IntoIterator<Item = &'a str>, serving: bool) {
        for name in names {
            self.set(name, serving).await;
        }
    }

    /// The service to add to a server's routes.
    pub fn service(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
    }

    /// Every named service is NOT_SERVING from now on.
    pub(crate) async fn end(&self) {
        let mut readiness = self.readiness.lock().await;
        readiness.ending = true;
        for name in &readiness.names {
            self.reporter.set_service_status(name, ServingStatus::NotServing).await;
        }
    }

    /// Ends the streams of those who watch: an open one would hold its connection for the whole drain. They have been
    /// told of NOT_SERVING before, which still reaches them.
    pub(crate) async fn end_watches(&self) {
        let mut reporter = self.reporter.clone();
        for name in &self.readiness.lock().await.names {
            reporter.clear_service_status(name).await;
        }
        reporter.clear_service_status("").await;
    }
}
