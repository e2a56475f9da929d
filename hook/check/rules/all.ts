import * as addColumn from './add-column.ts'
import * as busyTables from './busy-tables.ts'
import * as checkConstraints from './check-constraints.ts'
import * as columnType from './column-type.ts'
import * as foreignKeys from './foreign-keys.ts'
import * as heavyLocks from './heavy-locks.ts'
import * as indexes from './indexes.ts'
import * as notNull from './not-null.ts'
import * as partitions from './partitions.ts'
import * as promises from './promises.ts'
import * as removals from './removals.ts'
import * as replication from './replication.ts'
import type { Rule } from './rule.ts'
import * as texts from './texts.ts'
import * as transactions from './transactions.ts'
import * as unique from './unique.ts'

/** Every rule, in the order of its page. */
export const rules: readonly Rule[] = [
  indexes.indexBlocksWrites,
  indexes.indexConcurrentlyPartitioned,
  indexes.indexIfNotExists,
  indexes.indexConcurrentlyCorrupts,
  indexes.dropIndexLocksTable,
  indexes.reindexBlocks,
  unique.uniqueBuildsIndex,
  unique.primaryKeyScans,
  unique.excludeScans,
  unique.columnUnique,
  foreignKeys.foreignKeyScans,
  foreignKeys.columnReferences,
  foreignKeys.secondTableLocked,
  foreignKeys.foreignKeyUnindexed,
  checkConstraints.checkScans,
  checkConstraints.columnCheck,
  checkConstraints.validateTogether,
  checkConstraints.domainConstraint,
  notNull.setNotNull,
  notNull.addColumnNotNull,
  addColumn.columnVolatileDefault,
  addColumn.columnGenerated,
  addColumn.columnDomain,
  columnType.columnTypeRewrites,
  partitions.attachScans,
  partitions.partitionOfLocksParent,
  partitions.detachLocks,
  heavyLocks.tableRewritten,
  heavyLocks.matviewRefresh,
  heavyLocks.lockTable,
  busyTables.tableInUse,
  promises.triggerChanged,
  transactions.bulkChange,
  transactions.workUnderLock,
  transactions.severalTablesLocked,
  transactions.altersRepeated,
  transactions.enumValueUsed,
  removals.dropColumn,
  removals.dropObject,
  removals.rename,
  removals.enumValueRenamed,
  heavyLocks.dataRemoved,
  replication.replicaIdentityLost,
  promises.permissionTaken,
  promises.promiseTaken,
  promises.newPromise,
  texts.nameTooLong,
]
