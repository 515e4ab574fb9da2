//! ListFiles: files by path, without their texts.

use memex_core::path::{MemoryPath, PathPrefix, ScopeKind};
use memex_proto::v1 as pb;

use super::as_proposed::AsProposed;
use super::in_dream;
use super::place::whose;
use crate::auth::Caller;
use crate::convert::file_message::file;
use crate::convert::invalid_path;
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::services::page::{Listing, expired, page_size};
use crate::services::request::CallDigest;
use crate::store::files::{FileRange, FileRow};

/// The first path above every `user/…`, and so above all that there are.
const ABOVE_ALL: &str = "user0";

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::ListFilesRequest,
) -> Result<pb::ListFilesResponse> {
    if let Some(dream) = caller.dream {
        about.scope(dream.id.scope);
        if request.include_deleted {
            return Err(field("include_deleted", "must be false within a dream").into());
        }
        let ask = ask(&request, &dream.id.to_string())?;
        return in_dream::list_files(context, &caller, dream, ask).await;
    }
    let prefix = prefix(&request)?;
    about.path(prefix.as_str());
    let shared = context.store.shared_scope(caller.workspace_id);
    let (user, scope, scopes) = match prefix.scope_kind() {
        Some(ScopeKind::Shared) => {
            whose(context, &caller, &request.user_id, ScopeKind::Shared)?;
            let shared = shared.await?;
            (String::new(), None, vec![shared])
        }
        kind => {
            let key = whose(context, &caller, &request.user_id, ScopeKind::User)?;
            let shared = shared.await?;
            let scope = context.store.find_scope(key.workspace_id, key.user.as_ref()).await?;
            let both = scope.into_iter().chain(kind.is_none().then_some(shared));
            (key.user.map(|user| user.as_str().to_owned()).unwrap_or_default(), scope, both.collect())
        }
    };
    scope.into_iter().for_each(|scope| about.scope(scope));
    let proposed = AsProposed::of(context, &caller, scope).await?;
    let ask = ask(&request, &format!("{} {user}", caller.workspace_id))?;
    let log = context.store.log_place(scope, &caller).await?;
    let rows = context.store.list_files(&scopes, &ask.range, log, &caller).await?;
    Ok(ask.page(proposed.rows(rows, &ask.range), |_| true))
}

/// What a listing asks for, and how it goes on.
pub(super) struct Ask {
    /// The paths; one row more than a page has, to know whether another follows.
    pub range: FileRange,
    size: usize,
    listing: Listing,
}

impl Ask {
    /// The page that these rows make, of those that are `shown`.
    pub(super) fn page(&self, mut rows: Vec<FileRow>, shown: impl Fn(&str) -> bool) -> pb::ListFilesResponse {
        let more = rows.len() > self.size;
        rows.truncate(self.size);
        let next_page_token = rows.last().filter(|_| more).map(|row| self.listing.token(row.path.as_bytes()));
        let files = rows.into_iter().filter(|row| shown(&row.path)).map(file);
        pb::ListFilesResponse { files: files.collect(), next_page_token: next_page_token.unwrap_or_default() }
    }
}

fn prefix(request: &pb::ListFilesRequest) -> Result<PathPrefix> {
    Ok(PathPrefix::parse(&request.prefix).map_err(|refusal| invalid_path("prefix", &refusal))?)
}

/// `owner`: whose files, so that a token of another's listing is refused.
fn ask(request: &pb::ListFilesRequest, owner: &str) -> Result<Ask> {
    let prefix = prefix(request)?;
    let size = page_size(request.page_size)?;
    let digest = CallDigest::of("ListFiles").text(owner).text(prefix.as_str()).number(request.include_deleted.into());
    let listing = Listing::of(digest);
    let after = match listing.last(&request.page_token)? {
        None => String::new(),
        Some(last) => {
            // A token is not secret, so that what stands in it is judged like any path.
            let path = String::from_utf8(last).ok().filter(|path| MemoryPath::parse(path).is_ok());
            path.ok_or_else(expired)?
        }
    };
    let range = FileRange {
        from: prefix.as_str().to_owned(),
        below: prefix.upper_bound().unwrap_or_else(|| ABOVE_ALL.to_owned()),
        after,
        limit: i64::try_from(size).unwrap_or(i64::MAX).saturating_add(1),
        deleted: request.include_deleted,
    };
    Ok(Ask { range, size, listing })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn row(path: &str) -> FileRow {
        FileRow {
            path: path.into(),
            version: 1,
            size: 0,
            sha256: vec![7; 32],
            updated_at: DateTime::UNIX_EPOCH,
            updated_by: "a".into(),
        }
    }

    fn request(prefix: &str, page_token: &str) -> pb::ListFilesRequest {
        pb::ListFilesRequest {
            user_id: String::new(),
            prefix: prefix.into(),
            page_size: 2,
            page_token: page_token.into(),
            include_deleted: false,
        }
    }

    #[test]
    fn a_page_goes_on_after_its_last_path_even_where_that_is_not_shown() {
        let first = ask(&request("", ""), "1 ada").unwrap();
        assert_eq!((first.range.from.as_str(), first.range.below.as_str(), first.range.limit), ("", "user0", 3));
        let page = first.page(vec![row("user/a"), row("user/b.log"), row("user/c")], |path| !path.ends_with(".log"));
        assert_eq!(page.files.len(), 1);
        let second = ask(&request("", &page.next_page_token), "1 ada").unwrap();
        assert_eq!(second.range.after, "user/b.log");
        assert_eq!(second.page(vec![row("user/c")], |_| true).next_page_token, "");
    }

    #[test]
    fn a_token_holds_for_its_own_user_and_prefix_alone() {
        let page = ask(&request("user/", ""), "1 ada")
            .unwrap()
            .page(vec![row("user/a"), row("user/b"), row("user/c")], |_| true);
        assert!(ask(&request("user/", &page.next_page_token), "1 ada").is_ok());
        assert!(ask(&request("user/", &page.next_page_token), "1 bob").is_err());
        assert!(ask(&request("", &page.next_page_token), "1 ada").is_err());
        let deleted = pb::ListFilesRequest { include_deleted: true, ..request("user/", &page.next_page_token) };
        assert!(ask(&deleted, "1 ada").is_err());
    }
}
