create table if not exists :table (
  position    bigint generated always as identity primary key,
  name        text        not null unique,
  checksum    text        not null,
  applied_at  timestamptz not null default now(),
  duration_ms integer     not null,
  applied_by  text        not null,
  release     text
);
comment on table :table is 'Migrations applied by Lotse, format 1';
