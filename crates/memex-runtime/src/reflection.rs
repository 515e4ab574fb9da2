//! Lets tools such as grpcurl ask a server what it offers.

use tonic::service::Routes;
use tonic_reflection::server::Builder;

/// The descriptors that were compiled into this binary cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("the compiled descriptor sets cannot be served by reflection")]
pub struct ReflectionError(#[source] tonic_reflection::server::Error);

/// Adds gRPC reflection, v1 and the v1alpha that older tools speak, for the services in these encoded
/// `FileDescriptorSet`s (memex-proto's, and tonic-health's own).
///
/// # Errors
/// [`ReflectionError`] when a set does not decode.
pub fn add(routes: Routes, descriptor_sets: &[&[u8]]) -> Result<Routes, ReflectionError> {
    let builder = || {
        descriptor_sets
            .iter()
            .fold(Builder::configure(), |builder, set| builder.register_encoded_file_descriptor_set(set))
    };
    let v1 = builder().build_v1().map_err(ReflectionError)?;
    let v1alpha = builder().build_v1alpha().map_err(ReflectionError)?;
    Ok(routes.add_service(v1).add_service(v1alpha))
}
