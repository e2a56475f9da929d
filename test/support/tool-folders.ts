import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { FormatName } from '../../hook/config/config.ts'
import { temporaryFolder } from './lotse.ts'
import { type Files, filesIn, type Step } from './tool-layouts.ts'

/** One application's migrations in the folder of each tool, with whatever marks that tool has. */

const greeting = `create function greet(who text) returns text language plpgsql as $$
begin
  if who is null then return 'nobody;'; end if;
  return 'hello; ' || who;
end;
$$;`

/** The body holds what would be a mark outside of it. */
const remarkable = `create function remark() returns text language sql as $$
select '
-- +goose Down
-- migrate:down
-- Down Migration
';
$$;`

export const steps: readonly Step[] = [
  {
    slug: 'users',
    up: 'create table users (id int primary key, name text not null);\ncreate table tags (tag text);',
    down: 'drop table tags;\ndrop table users;',
  },
  { slug: 'greet', up: greeting, down: 'drop function greet;', oneStatement: true },
  {
    slug: 'name_index',
    up: 'create index concurrently users_name on users (name);',
    down: 'drop index concurrently users_name;',
    alone: true,
  },
  {
    slug: 'email',
    up: `alter table users add email text;\nupdate users set email = 'none';`,
    down: 'alter table users drop email;',
    wrapped: true,
  },
  {
    slug: 'people',
    up: `insert into users (id, name) values (1, 'Ada'), (2, 'Grace; Hopper');`,
    down: 'delete from users;',
  },
  { slug: 'nothing', up: '', down: '' },
  { slug: 'windows', up: `create view names as\nselect name\nfrom users;`, down: 'drop view names;', crlf: true },
  { slug: 'mood', up: `create type mood as enum ('glad');`, down: 'drop type mood;' },
  { slug: 'sad', up: `alter table users add mood mood default 'glad';`, down: 'alter table users drop mood;' },
  { slug: 'tenfold', up: 'update users set id = id * 10;', down: 'update users set id = id / 10;' },
  { slug: 'remark', up: remarkable, down: 'drop function remark;', oneStatement: true },
  {
    slug: 'checked',
    up: 'alter table users add constraint positive check (id > 0);',
    down: 'alter table users drop constraint positive;',
  },
]

/** What a database has that the steps touch: equal for two of them means the same schema with the same data. */
export const catalogue = `
  select 'column' as kind, format('%s.%s %s %s', table_name, column_name, data_type, column_default) as what
    from information_schema.columns where table_schema = 'public' and table_name not like 'lotse%'
  union all select 'index', indexdef from pg_indexes where schemaname = 'public' and tablename not like 'lotse%'
  union all select 'function', pg_get_functiondef(p.oid) from pg_proc p where pronamespace = 'public'::regnamespace
  union all select 'constraint', conname || pg_get_constraintdef(oid) from pg_constraint where conrelid::regclass::text = 'users'
  union all select 'type', typname from pg_type where typnamespace = 'public'::regnamespace and typtype = 'e'
  order by 1, 2`
export const people = 'select id, name, email, mood from users order by id'

/** The files of the application in a tool's layout. */
export function toolFiles(format: FormatName): Files {
  return filesIn(format, steps)
}

/** A folder of these files, which may stand in folders of their own; removed when the test ends. */
export function folderOf(files: Files): string {
  const folder = join(temporaryFolder(), 'migrations')
  mkdirSync(folder)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  // Kysely's migrations import it from where they lie, as they do in an image.
  if (Object.values(files).some((each) => each.includes(`from 'kysely'`)))
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  return folder
}
