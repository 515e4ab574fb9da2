//! Calls by descriptor: any method of the contract, with bytes that the test makes.

use std::collections::BTreeSet;
use std::time::Duration;

use memex_proto::DESCRIPTORS;
use memex_runtime::client::{AuthChannel, ClientSettings, Token, connect};
use prost_reflect::{DescriptorPool, MethodDescriptor};
use tests::raw::Bytes;
use tests::waiting::ends;
use tonic::{Request, Status};

/// Every method of every service of the contract.
pub fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let ours = pool.services().filter(|service| service.package_name() == "memex.v1");
    ours.flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

/// Those that change something by themselves: with a request id, in the message or in its header.
pub fn mutations(methods: &[MethodDescriptor]) -> BTreeSet<&str> {
    let has_id = |method: &&MethodDescriptor| {
        let request = method.input();
        let inner = request.fields().filter_map(|field| field.kind().as_message().cloned());
        inner.chain([request.clone()]).any(|message| message.get_field_by_name("request_id").is_some())
    };
    methods.iter().filter(has_id).map(MethodDescriptor::name).collect()
}

/// The path of a method on the wire.
pub fn path_of(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// A channel with that token.
pub fn channel(endpoint: &str, token: &str) -> AuthChannel {
    let settings = ClientSettings::new(endpoint).unwrap();
    connect(&settings.with_token(Token::new("test", token).unwrap()))
}

/// Calls a method with as many messages as it takes, and gives its one answer, however long that takes.
pub async fn call(channel: &AuthChannel, path: &str, messages: Vec<Vec<u8>>) -> Result<Vec<u8>, Status> {
    call_within(channel, path, messages, None).await
}

/// The same with a deadline, where one is given.
pub async fn call_within(
    channel: &AuthChannel,
    path: &str,
    messages: Vec<Vec<u8>>,
    deadline: Option<Duration>,
) -> Result<Vec<u8>, Status> {
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    // One message each way is the same on the wire, streaming or not.
    let mut messages = Request::new(futures::stream::iter(messages));
    deadline.into_iter().for_each(|deadline| messages.set_timeout(deadline));
    grpc.client_streaming(messages, path.parse().unwrap(), Bytes).await.map(tonic::Response::into_inner)
}

/// Sends one message and takes the first of the answer; a watch that says nothing is left.
pub async fn send(channel: &AuthChannel, path: &str, message: Request<Vec<u8>>) -> Result<Option<Vec<u8>>, Status> {
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let message = message.map(|bytes| futures::stream::iter([bytes]));
    let mut answers = grpc.streaming(message, path.parse().unwrap(), Bytes).await?.into_inner();
    // A watch has nothing to say for as long as nothing happens; every other call says something, or ends.
    if path.ends_with("/WatchChanges") {
        let said = tokio::time::timeout(Duration::from_millis(200), answers.message()).await;
        return said.unwrap_or(Ok(None));
    }
    ends("the answer", answers.message()).await
}
