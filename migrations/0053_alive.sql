-- When a change could be stored last, and the times in which none could be. Neither is about a user.
CREATE TABLE mx_alive (
  one boolean NOT NULL DEFAULT true CONSTRAINT mx_alive_one CHECK (one),
  at  timestamptz NOT NULL,   -- written every 5 s by each memory-api
  CONSTRAINT mx_alive_pk PRIMARY KEY (one)
);

-- A gap between two writes of that row; kept for a day.
CREATE TABLE mx_outage (
  from_at timestamptz NOT NULL,
  to_at   timestamptz NOT NULL,
  CONSTRAINT mx_outage_pk PRIMARY KEY (from_at, to_at),
  CONSTRAINT mx_outage_order CHECK (from_at < to_at)
);
