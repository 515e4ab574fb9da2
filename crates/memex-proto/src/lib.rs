#![doc = include_str!("../README.md")]

pub mod reason;

/// The messages, clients and servers of package `memex.v1`, as generated.
#[allow(missing_docs, clippy::all, clippy::too_many_lines, rust_2018_idioms)]
pub mod v1 {
    tonic::include_proto!("memex.v1");
}

/// The package's descriptors with their comments' sources, for reflection and for tests that walk every RPC.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/memex.v1.binpb"));

/// The metadata key that names the dream within which a worker calls.
pub const DREAM_ID_METADATA: &str = "memex-dream-id";

/// The metadata key of the number that proves the worker's lease.
pub const DREAM_FENCE_METADATA: &str = "memex-dream-fence";
