#![doc = include_str!("../README.md")]

pub mod reason;

use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet, ServiceDescriptorProto};

/// The messages, clients and servers of package `memex.v1`, as generated.
#[allow(missing_docs, clippy::all, clippy::too_many_lines, rust_2018_idioms)]
pub mod v1 {
    tonic::include_proto!("memex.v1");
}

/// The package's descriptors with their comments' sources, for reflection and for tests that walk every RPC.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/memex.v1.binpb"));

/// Every method of the package as `memex.v1.Service/Method`.
///
/// # Panics
/// Where the descriptors are not what the build wrote.
pub fn methods() -> Vec<String> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).expect("the descriptors are what the build wrote");
    let of_file = |file: &FileDescriptorProto| {
        let package = file.package().to_owned();
        let of_service = move |service: &ServiceDescriptorProto| {
            let name = format!("{package}.{}", service.name());
            service.method.iter().map(move |method| format!("{name}/{}", method.name())).collect::<Vec<_>>()
        };
        file.service.iter().flat_map(of_service).collect::<Vec<_>>()
    };
    set.file.iter().flat_map(of_file).collect()
}

/// The metadata key that names the dream within which a worker calls.
pub const DREAM_ID_METADATA: &str = "memex-dream-id";

/// The metadata key of the number that proves the worker's lease.
pub const DREAM_FENCE_METADATA: &str = "memex-dream-fence";

/// Metadata of a read that gives memory as it would be after a proposal was adopted: the dream's id.
pub const PROPOSAL_METADATA: &str = "memex-proposal";
