//! Calls by descriptor: any method of the contract, with bytes that the test makes.

use memex_proto::DESCRIPTORS;
use memex_runtime::client::{AuthChannel, ClientSettings, Token, connect};
use prost::bytes::{Buf as _, BufMut as _};
use prost_reflect::{DescriptorPool, MethodDescriptor};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Status};

/// Every method of every service of the contract.
pub fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let ours = pool.services().filter(|service| service.package_name() == "memex.v1");
    ours.flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
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

/// Messages as bytes, read and written as they are.
#[derive(Debug, Clone, Copy, Default)]
struct Bytes;

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let held = from.copy_to_bytes(from.remaining());
        Ok(Some(held.to_vec()))
    }
}

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

/// Sends one message and takes the first of the answer; a stream that says nothing is left by the request's time.
pub async fn send(channel: &AuthChannel, path: &str, message: Request<Vec<u8>>) -> Result<Option<Vec<u8>>, Status> {
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let message = message.map(|bytes| futures::stream::iter([bytes]));
    let mut answers = grpc.streaming(message, path.parse().unwrap(), Bytes).await?.into_inner();
    // A watch has nothing to say for as long as nothing happens.
    match tokio::time::timeout(std::time::Duration::from_millis(200), answers.message()).await {
        Ok(answer) => answer,
        Err(_) => Ok(None),
    }
}
