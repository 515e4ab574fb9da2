//! The messages of an import: its header, then the archive's parts.

use std::time::Duration;

use memex_proto::v1 as pb;
use memex_proto::v1::import_user_request::Message;
use tonic::Streaming;

use crate::archive::Lines;
use crate::error::{Result, field, stalled, unreadable_stream};

/// How long a caller may leave the service waiting for the next message.
const SLOWEST: Duration = Duration::from_secs(20);

/// An import's messages.
pub(super) struct ArchiveParts(Streaming<pb::ImportUserRequest>);

impl ArchiveParts {
    pub(super) fn of(messages: Streaming<pb::ImportUserRequest>) -> Self {
        Self(messages)
    }

    /// The first message.
    ///
    /// # Errors
    /// FIELD_INVALID where it is no header.
    pub(super) async fn header(&mut self) -> Result<pb::ImportHeader> {
        match self.message().await? {
            Some(Message::Header(header)) => Ok(header),
            _ => Err(field("header", "must be in the first message").into()),
        }
    }

    /// The next part; `None` after the last one.
    ///
    /// # Errors
    /// FIELD_INVALID where the message is none; DEADLINE_EXCEEDED where none comes.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        match self.message().await? {
            None => Ok(None),
            Some(Message::Part(part)) => Ok(Some(part)),
            Some(Message::Header(_)) => Err(field("header", "must be in the first message alone").into()),
        }
    }

    /// Reads what is left, for nothing but what tells it from another archive.
    pub(super) async fn skip(&mut self, lines: &mut Lines) -> Result<()> {
        while let Some(part) = self.next().await? {
            lines.take(&part)?;
            lines.skip();
        }
        Ok(())
    }

    /// The next message; `None` after the last one.
    async fn message(&mut self) -> Result<Option<Message>> {
        let message = tokio::time::timeout(SLOWEST, self.0.message()).await;
        let message = message.map_err(|_| stalled("no message came", SLOWEST))?;
        match message.map_err(|status| unreadable_stream(&status))? {
            None => Ok(None),
            Some(pb::ImportUserRequest { message: Some(message) }) => Ok(Some(message)),
            Some(_) => Err(field("message", "must be a header or a part").into()),
        }
    }
}
