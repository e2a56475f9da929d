/** Help that belongs to no single command. A text of one word is made from a list of the code's own. */
export const topics = {
  connection: {
    summary: 'every parameter of the URL and every PG* variable, and what it does',
    text: 'connection',
  },
  options: { summary: 'every option of every command', text: 'options' },
  migrations: {
    summary: 'what a migration file looks like, and the directives in it',
    text: `Migrations are files of the folder, applied in the order of their names. Numbers at the start of
a name count as numbers.
  NAME.sql, NAME.up.sql    SQL; NAME.down.sql beside it reverts it
  NAME.ts, NAME.js         exports up({name, path, context}), as in Umzug;
                           context.query(sql, values) runs in the session that holds the run lock
  NAME.check.sql           asks before NAME runs, NAME.verify.sql after it: lotse help conditions

Each migration runs in one transaction together with its row in the history. Comments at the head of
a file change how it runs:
  -- lotse: no-transaction         statement by statement, with the progress recorded after each;
                                   for CREATE INDEX CONCURRENTLY and the like
  -- lotse: breaking               older versions of the application cannot run on this schema and
                                   refuse to start
  -- lotse: phase contract         after the rollout, by lotse finish; breaking unless compatible
  -- lotse: compatible             older versions can run after this contract migration
  -- lotse: backfill TABLE(KEY)    one UPDATE, DELETE or INSERT … SELECT, batch by batch; a script
                                   exports batch instead of up: lotse help phases
  -- lotse: pause-when CONDITION    a backfill pauses while this SQL is true
  -- lotse: max-lag 10s            how far a replica may be behind before a backfill waits for it
  -- lotse: requires NAME          NAME must be applied first
  -- lotse: accept RULE: REASON    findings of this rule of the check are meant; the history keeps
                                   the reason, and lotse status tells it
  -- lotse: lock-timeout 5s        instead of --lock-timeout
  -- lotse: statement-timeout 1h   instead of --statement-timeout

A folder of another tool is read as it is: lotse help formats. In an image, lotse seal makes one
file of the folder, so that a run with nothing to apply need not read them all.
`,
  },
  conditions: {
    summary: 'what has to be true before and after a migration, as queries beside it',
    text: `Conditions are queries in files beside a migration. They run read-only, and every one has to return
true.
  NAME.check.sql    right before NAME runs. Where one is false, nothing of NAME runs (exit code 23).
  NAME.verify.sql   after NAME, in its transaction. Where one is false, NAME is rolled back (24).

Each statement returns one row, whose first column is true or false. Null, no row, and more than one
row count as false. Why it matters is told by the second column, or by the name that the query gives
the first one, or by the comment right above:
  -- every order has a total
  select not exists (select from orders where total is null);
  select count(*) = 0, format('%s orders have no total', count(*)) from orders where total is null;

SET and DO may come before a query. A condition has the session of a new connection and the limits
of its migration; it changes nothing and leaves nothing behind. NAME.verify.sql sees what NAME has
made, its temporary tables included. If NAME runs without a transaction and its verify is false,
what it did is kept: it counts as unfinished, and the next run asks again.

A check is asked when it is the migration's turn, since what earlier ones make is there by then;
those stay applied. Once applied, a migration may gain conditions, which are asked only where it
still has to run. To edit or remove one that it was applied with is an edit of the migration. The
commands down, baseline, repair and adopt ask none. Folders in Lotse's own layout have conditions,
and those of golang-migrate, which passes over such files; other tools take them for migrations.
`,
  },
  phases: {
    summary: 'changing a schema without downtime: expand, backfill, contract',
    text: `A change that old code cannot bear is written as several files, each of one phase:
  expand     the default; lotse up applies it before the rollout, while old pods serve
  backfill   -- lotse: backfill TABLE(KEY): fills rows batch by batch; after the rollout
  contract   -- lotse: phase contract: takes away what only old code uses; after the rollout
lotse finish applies the latter two in the order of names, once no old pod is left.

To rename a column in two upgrades, of which the second brings the code that uses the new name:
  010_add_name.sql     ALTER TABLE users ADD COLUMN name text; and a trigger that keeps it equal to
                       full_name, whichever of the two is written
  011_fill_name.sql    -- lotse: backfill users(id)
                       UPDATE users SET name = full_name
                        WHERE id BETWEEN $1 AND $2 AND name IS NULL;
  020_uses_name.sql    -- lotse: requires 011_fill_name
  021_drop_full.sql    -- lotse: phase contract
                       DROP TRIGGER …; ALTER TABLE users DROP COLUMN full_name;
One upgrade is enough where the new version can read rows that the backfill has not reached yet, or
where the table is small enough to be filled without one. chart/changing-a-schema.md has all files
of this and of four other changes: a type, a split table, NOT NULL, a table that goes.

A database without a history gets all of it at once from lotse up: there is no old code. Otherwise
the gate waits for expand alone; lotse plan, lotse status and the log say what waits for lotse
finish. Each phase has its own order: a contract migration may be applied after a younger expand
one. An expand migration that needs a deferred one says so (-- lotse: requires NAME), and is refused
until that is applied. After a contract migration, versions without it refuse to run on the schema,
unless it is compatible.

In Kubernetes lotse finish finds out itself when no old pod is left: LOTSE_ROLLOUT names the
Deployments, LOTSE_ROLLOUT_VERSION what their pod templates carry as lotse/version. It asks again
right before contract migrations, and stops a backfill between two batches once another version is
rolled out. LOTSE_SOAK keeps a rollback possible for so long after the rollout; lotse status says
until when.

KEY is one column with a unique index, of any type that has an order. $1 and $2 are the first and
the last key of a batch, both included. Each batch commits together with its last key, so that every
row is changed once, whatever happens. A batch is sized to hold its locks for less than a tenth of a
second; where the server takes long to answer, for half a second at most. A backfill gives way to
whoever waits for a lock of the table, to a vacuum of it, to replicas that fall behind (max-lag), to
archiving of WAL, and to a condition of your own (pause-when). To see all of these, its role needs
pg_monitor. lotse backfill pause, resume and cancel steer it.

A folder of data migrations that no rollout waits for has its own history (--history-table).
lotse up --every-phase applies all of it in the order of names, backfills batch by batch.

Where it takes code to tell the new values, the backfill is a script (// lotse: backfill TABLE(KEY))
that exports batch({context, from, to}) and no up. It is called for each batch, and context.query
runs in the transaction of the batch, so a batch neither commits nor rolls back. from and to are the
keys as text. A batch that throws is rolled back and halved until the row is found.
`,
  },
  formats: {
    summary: 'the layouts of other tools that are read as they are',
    text: `Lotse reads the folder of another tool as it is: its order, its directions, and its marks for
statements and transactions. The folder itself tells which tool it is; --format names one.
  golang-migrate   N_name.up.sql, N_name.down.sql
  sqlx             N_name.sql, or a pair; first line -- no-transaction. Pairs are taken for
                   golang-migrate's, which are read the same way
  diesel           VERSION_name/up.sql, down.sql, metadata.toml
  prisma           TIMESTAMP_name/migration.sql
  drizzle          meta/_journal.json and its files, or TIMESTAMP_name/migration.sql
  goose            -- +goose Up, Down, NO TRANSACTION, StatementBegin and End, ENVSUB ON and OFF
  dbmate           -- migrate:up, -- migrate:down, transaction:false
  node-pg-migrate  -- Up Migration, -- Down Migration; of scripts pgm.sql and pgm.db
  flyway           V1_2__name.sql, U, R (again whenever it changes) and B; \${name} is filled in from
                   LOTSE_PLACEHOLDER_name; executeInTransaction and placeholderReplacement of
                   NAME.sql.conf
  postgrator       N.do.name.sql, N.undo.name.sql
  umzug            scripts that get {name, path, context}
  knex             of scripts knex.raw and knex.schema.raw
  kysely           scripts, with the package kysely beside them

A file wrapped in BEGIN and COMMIT runs in Lotse's transaction, and an empty one does nothing. What
only the tool itself can run, such as Go, Java or knex.schema.createTable, must be applied already.
Lotse's comments (lotse help migrations) count in every format.
`,
  },
  rules: { summary: 'every rule of the check; lotse help RULE explains one', text: 'rules' },
  exits: { summary: 'every exit code', text: 'exits' },
} as const

export type TopicName = keyof typeof topics

export function isTopic(name: string): name is TopicName {
  return Object.hasOwn(topics, name)
}
