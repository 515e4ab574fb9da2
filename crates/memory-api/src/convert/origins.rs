//! Where a line comes from: as a worker is told, and as the guard takes it. Both say the same.

use chrono::NaiveDate;
use memex_curation::Source;
use memex_proto::v1 as pb;

use crate::store::line_origins::LineOrigin;

/// For a worker.
pub fn origin_out(line: LineOrigin) -> pb::LineOrigin {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    pb::LineOrigin {
        asserted_on: day(line.asserted_on),
        first_said: day(line.said.map(|said| said.first)),
        last_said: day(line.said.map(|said| said.last)),
        source: match line.source {
            None => pb::Source::Unspecified,
            Some(Source::User) => pb::Source::User,
            Some(Source::Agent) => pb::Source::Agent,
            Some(Source::Tool) => pb::Source::Tool,
            Some(Source::Web) => pb::Source::Web,
        }
        .into(),
    }
}

/// For the guard.
pub fn origin(line: LineOrigin) -> memex_curation::LineOrigin {
    memex_curation::LineOrigin {
        asserted_on: line.asserted_on,
        last_said: line.said.map(|said| said.last),
        source: line.source.unwrap_or_default(),
    }
}
