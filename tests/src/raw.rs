//! Calls of any RPC in bytes, so that a test needs no client of its own for each.

use bytes::{Buf as _, BufMut as _};
use memex_proto::{DREAM_FENCE_METADATA, DREAM_ID_METADATA};
use memex_runtime::client::{AuthChannel, ClientSettings, Token, connect};
use tonic::Status;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;

/// Messages as they are on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bytes;

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

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining()).to_vec()))
    }
}

/// One who calls any RPC by its path.
#[derive(Clone)]
pub struct AnyCaller {
    grpc: Grpc<AuthChannel>,
    within: Option<(String, i64)>,
}

impl AnyCaller {
    /// At that memory-api, with that token, or with none.
    ///
    /// # Panics
    /// Where either cannot be used.
    pub fn at(endpoint: &str, token: Option<Token>) -> Self {
        let settings = ClientSettings::new(endpoint).unwrap_or_else(|mistake| panic!("{mistake}"));
        let settings = match token {
            Some(token) => settings.with_token(token),
            None => settings,
        };
        Self { grpc: Grpc::new(connect(&settings)), within: None }
    }

    /// The same, whose every call is within a dream: its id and its fence.
    pub fn within(&self, dream_id: &str, fence: i64) -> Self {
        Self { within: Some((dream_id.to_owned(), fence)), ..self.clone() }
    }

    /// Calls `/package.Service/Method` with one message. Of a stream that is answered only its beginning is waited for.
    ///
    /// # Errors
    /// The status that the call was answered with.
    ///
    /// # Panics
    /// Where `path` is none, or the dream's id cannot be metadata.
    pub async fn call(&mut self, path: &str, message: Vec<u8>) -> Result<(), Status> {
        self.grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path: PathAndQuery = path.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        // One message each way is the same on the wire, streaming or not.
        let mut request = tonic::Request::new(futures::stream::iter([message]));
        if let Some((dream_id, fence)) = &self.within {
            let id = dream_id.parse().expect("a dream's id can be metadata");
            request.metadata_mut().insert(DREAM_ID_METADATA, id);
            request.metadata_mut().insert(DREAM_FENCE_METADATA, (*fence).into());
        }
        self.grpc.streaming(request, path, Bytes).await.map(|_| ())
    }
}
