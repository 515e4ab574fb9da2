//! What a step found wrong.

/// What a step found wrong, one sentence each, naming the place; none means that it passed.
pub type Findings = Vec<String>;
