//! What must be true of a database when a test ends, whatever the test was about.

use sqlx::{PgPool, Row as _};

/// Each rule, and a statement that gives the scope and a line for everything that breaks it.
const RULES: [(&str, &str); 10] = [
    (
        "a lease is still held",
        "-- closing.leases\nSELECT what FROM (SELECT scope_id, format('dream %s of scope %s', dream_id, scope_id) FROM mx_dream WHERE state = 'running'",
    ),
    (
        "a file is not what its newest revision says",
        "-- closing.heads
        SELECT what FROM (SELECT f.scope_id, format('scope %s, %s at version %s', f.scope_id, f.path, f.version) FROM mx_file f
          LEFT JOIN mx_revision r ON r.scope_id = f.scope_id AND r.file_id = f.file_id AND r.version = f.version
          WHERE r.scope_id IS NULL
             OR CASE WHEN f.deleted AND r.moved_from = f.path THEN f.size <> 0 OR f.sha256 <> '' OR r.path = f.path
                ELSE r.path <> f.path OR (r.text IS NULL) <> f.deleted OR r.sha256 <> f.sha256
                  OR NOT f.deleted AND (sha256(convert_to(r.text, 'UTF8')) <> f.sha256 OR octet_length(r.text) <> f.size)
                  OR EXISTS (SELECT FROM mx_revision n WHERE n.scope_id = f.scope_id AND n.file_id = f.file_id AND n.version > f.version) END",
    ),
    (
        // The function that writes takes one time for its revisions and their log rows, so that they can be matched.
        "a revision has no access-log row",
        "-- closing.access_log
        SELECT what FROM (SELECT r.scope_id, format('scope %s, sequence %s, %s at version %s', r.scope_id, r.sequence, r.path, r.version) FROM mx_revision r
          WHERE NOT EXISTS (SELECT FROM mx_access_log l WHERE l.scope_id = r.scope_id AND l.at = r.at AND l.path = r.path
            AND l.file_version = r.version AND l.operation = CASE WHEN r.imported_at IS NULL THEN r.operation ELSE 63 END AND l.principal = r.principal AND l.outcome = 1)",
    ),
    (
        // An erasure does not look there.
        "a row under a shared scope says a user's words",
        "-- closing.words
        SELECT what FROM (SELECT l.scope_id, format('operation %s by %s at %s', l.operation, l.actor, l.path) FROM mx_access_log l
          JOIN mx_scope s ON s.scope_id = l.scope_id AND s.kind = 2 LEFT JOIN mx_token t ON t.token_id = l.principal
          WHERE l.path LIKE 'user/_%' OR t.user_id IS NOT NULL AND l.actor NOT IN ('agent', 'backend', 'operator', 'auditor')",
    ),
    (
        "a scope's sequence has a gap",
        "-- closing.sequences
        SELECT what FROM (SELECT s.scope_id, format('scope %s at %s has %s revisions up to %s', s.scope_id, s.sequence, count(r.sequence), max(r.sequence))
          FROM mx_scope s LEFT JOIN mx_revision r ON r.scope_id = s.scope_id GROUP BY s.scope_id
          HAVING s.sequence <> count(r.sequence) OR s.sequence <> coalesce(max(r.sequence), 0)",
    ),
    (
        // The next of the versions that its file and its path had, where a move is one of both paths.
        "a version does not follow the one before",
        "-- closing.versions
        SELECT what FROM (SELECT scope_id, format('scope %s, sequence %s, %s at version %s', scope_id, sequence, path, version) FROM (
          SELECT scope_id, sequence, path, version, own, max(version) OVER (PARTITION BY scope_id, key ORDER BY sequence
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM (
            SELECT scope_id, sequence, path, version, true AS own, 'file ' || file_id AS key FROM mx_revision
            UNION ALL SELECT scope_id, sequence, path, version, true, 'path ' || path FROM mx_revision
            UNION ALL SELECT scope_id, sequence, path, version, false, 'path ' || moved_from FROM mx_revision WHERE moved_from IS NOT NULL) AS each) AS known
         WHERE own GROUP BY scope_id, sequence, path, version HAVING version <> coalesce(max(before), 0) + 1",
    ),
    (
        "a scope's counters do not add up",
        "-- closing.counters
        SELECT what FROM (SELECT s.scope_id, format('scope %s counts %s files and %s bytes', s.scope_id, s.files, s.bytes) FROM mx_scope s
          LEFT JOIN mx_file f ON f.scope_id = s.scope_id AND NOT f.deleted GROUP BY s.scope_id
          HAVING s.files <> count(f.path) OR s.bytes <> coalesce(sum(f.size), 0)",
    ),
    (
        "a scope's waiting proposals do not add up",
        "-- closing.proposals
        SELECT what FROM (SELECT s.scope_id, format('scope %s counts %s proposals', s.scope_id, s.proposals) FROM mx_scope s
          LEFT JOIN mx_dream d ON d.scope_id = s.scope_id AND d.state = 'proposed' GROUP BY s.scope_id HAVING s.proposals <> count(d.dream_id)
          UNION ALL
          SELECT p.scope_id, format('dream %s notes %s and does not wait', p.dream_id, p.path) FROM mx_proposal_file p
           WHERE NOT EXISTS (SELECT FROM mx_dream d WHERE d.scope_id = p.scope_id AND d.dream_id = p.dream_id AND d.state = 'proposed')",
    ),
    (
        "a proposal waits whose file was changed",
        "-- closing.stale
        SELECT what FROM (SELECT d.scope_id, format('dream %s, %s', d.dream_id, o.path) FROM mx_dream d
          JOIN mx_dream_op o ON o.scope_id = d.scope_id AND o.dream_id = d.dream_id
          LEFT JOIN mx_file f ON f.scope_id = o.scope_id AND f.path = o.path AND NOT f.deleted
          WHERE d.state = 'proposed' AND o.base_version <> coalesce(f.version, 0)",
    ),
    (
        "a user with enough changes and without a blocker is not due",
        "-- closing.due
        SELECT what FROM (SELECT s.scope_id, format('scope %s has %s new changes', s.scope_id, s.new_changes) FROM mx_dream_state st
          JOIN mx_scope s USING (scope_id)
          WHERE st.due_at IS NULL AND NOT st.paused AND NOT st.parked
            AND (st.more OR s.new_changes >= mx_setting_1(s.workspace_id, 'dream_min_changes')::integer)
            AND (st.proposal IS NULL OR s.new_changes > 0 AND s.qualifying_sequence > st.proposal_sequence)
            AND NOT EXISTS (SELECT FROM mx_dream d WHERE d.scope_id = s.scope_id
                  AND (d.state = 'running' OR d.state = 'requested' AND d.follows IS NULL))",
    ),
];

/// Every rule that is broken, with what breaks it; for a test whose database is no stack's. An erasure that still goes on
/// has taken some rows of its scope and not others, so such a scope is left out.
///
/// # Errors
/// Where the database fails.
pub async fn broken_rules(owner: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    let mut broken = Vec::new();
    for (rule, statement) in RULES {
        let standing = format!(
            "{statement}\n) AS broken (scope_id, what) WHERE scope_id NOT IN (SELECT scope_id FROM mx_scope WHERE erasing)"
        );
        for row in sqlx::query(sqlx::AssertSqlSafe(standing)).fetch_all(owner).await? {
            broken.push(format!("{rule}: {}", row.try_get::<String, _>(0)?));
        }
    }
    Ok(broken)
}
