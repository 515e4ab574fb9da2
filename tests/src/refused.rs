//! Why a call was refused, and that no refusal tells of the service's inside.

use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use tonic::Status;

/// Words that only the service's inside has.
const INSIDE: [&str; 13] = [
    "SELECT",
    "INSERT",
    "UPDATE ",
    "DELETE FROM",
    "mx_",
    "/root",
    "/tmp/",
    concat!("/ho", "me/"),
    concat!("/wo", "rk/"),
    ".rs:",
    "sqlx",
    "postgres",
    "memex_app",
];

/// What a refusal says of the service's inside: a word of SQL, a path, a file of the source, or one of `secrets`, in its
/// message or in whatever else it carries. A token begins with `mx_`.
pub fn told_of_the_inside(status: &Status, secrets: &[String]) -> Option<String> {
    let metadata = format!("{:?}", status.metadata());
    let told = [status.message(), &String::from_utf8_lossy(status.details()), &metadata].join(" ");
    let words = INSIDE.into_iter().chain(secrets.iter().map(String::as_str));
    words.filter(|word| told.contains(word)).map(|word| format!("{word:?} is in {told:?}")).next()
}

/// The reason in a status; `Unspecified` where it is none of Memex's.
///
/// # Panics
/// Where the status tells of the service's inside, whatever the test is about.
pub fn reason(status: &Status) -> ErrorReason {
    assert_eq!(told_of_the_inside(status, &[]), None, "{:?}", status.code());
    Refusal::of(status).map_or(ErrorReason::Unspecified, |refusal| refusal.reason)
}

/// The reason for which a call was refused.
///
/// # Panics
/// Where it was not.
pub fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> ErrorReason {
    reason(&answer.expect_err("the call was to be refused"))
}

/// All that a caller can tell one refusal from another by.
pub fn bytes(status: &Status) -> (tonic::Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}
