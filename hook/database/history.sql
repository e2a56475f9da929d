create table if not exists :table (
  position      bigint      generated always as identity primary key,
  name          text        not null unique,
  checksum      text        not null,
  -- started and reverting: a file without a transaction is under way, and `statements` says how far it came
  state         text        not null default 'applied' check (state in ('applied', 'started', 'reverting')),
  -- checksums of the statements that are done, in their order
  statements    text[]      not null default '{}',
  -- checksum of the statement that was begun and not seen to end
  under_way     text,
  breaking      boolean     not null default false,
  down_sql      text,
  down_checksum text,
  -- findings of the check that the file accepts: [{"rule": "…", "reason": "…"}]; a table of Lotse 0.1.0 gets this column when it is needed
  accepted      jsonb,
  -- what the check foresaw, for later estimates: {"work": "rewrite", "bytes": …}; a table of an earlier Lotse gets this column when it is needed
  work          jsonb,
  -- how the row came here: up, baseline, repair, or the tool whose history it was taken over from; when and by whom are then that tool's
  origin        text        not null default 'up',
  applied_at    timestamptz not null default clock_timestamp(),
  duration_ms   bigint      not null default 0,
  applied_by    text        not null default session_user,
  release       text,
  pod           text,
  lotse         text
);
comment on table :table is 'Lotse history, format 1';
