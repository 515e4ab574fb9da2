-- The newest tokens of a workspace first.
CREATE INDEX mx_token_listing ON mx_token (workspace_id, created_at DESC, token_id DESC);
-- Request ids beyond their retention. BRIN, because rows come in order of time: it costs a call next to nothing.
CREATE INDEX mx_request_at ON mx_request USING brin (at);
