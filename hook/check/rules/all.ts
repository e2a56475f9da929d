import * as addColumn from './add-column.ts'
import * as checkConstraints from './check-constraints.ts'
import * as columnDefaults from './column-defaults.ts'
import * as columnType from './column-type.ts'
import * as drops from './drops.ts'
import * as enums from './enums.ts'
import * as foreignKeys from './foreign-keys.ts'
import * as indexes from './indexes.ts'
import * as longNames from './long-names.ts'
import * as newConstraints from './new-constraints.ts'
import * as notNull from './not-null.ts'
import * as partitions from './partitions.ts'
import * as permissions from './permissions.ts'
import * as publications from './publications.ts'
import * as renames from './renames.ts'
import * as replication from './replication.ts'
import * as replicationSlots from './replication-slots.ts'
import * as rows from './rows.ts'
import type { Rule } from './rule.ts'
import * as tableLocks from './table-locks.ts'
import * as tableRewrites from './table-rewrites.ts'
import * as transactions from './transactions.ts'
import * as triggers from './triggers.ts'
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
  tableRewrites.tableRewritten,
  tableRewrites.matviewRefresh,
  tableLocks.lockTable,
  tableLocks.tableInUse,
  triggers.triggerChanged,
  transactions.bulkChange,
  transactions.workUnderLock,
  transactions.severalTablesLocked,
  transactions.altersRepeated,
  enums.enumValueUsed,
  drops.dropColumn,
  drops.dropObject,
  renames.rename,
  enums.enumValueRenamed,
  drops.dataRemoved,
  replication.replicaIdentityLost,
  publications.publishedColumnAdded,
  publications.publishedRename,
  publications.publishedColumnDropped,
  publications.publishedTableCreated,
  publications.publishedWithoutIdentity,
  replicationSlots.publishedBulkChange,
  replicationSlots.slotRetainsWal,
  permissions.permissionTaken,
  columnDefaults.promiseTaken,
  newConstraints.newPromise,
  longNames.nameTooLong,
  rows.rowNull,
  rows.rowDuplicate,
  rows.rowOrphan,
  rows.rowBreaksCheck,
  rows.rowOverlaps,
  rows.rowUncastable,
]
