/** What a test reads from the columns of partition keys. */
import { hashKeyOf } from '../../../core/aws/kinesis/put-records-codec.ts'
import type { EntryRun } from '../../../core/aws/kinesis/put-records-codec.ts'
import type { PartitionKeyColumns } from '../../../core/connectors/partition-keys/partition-key-columns.ts'

export const keysOf = ({ keySlab, keyOffset, keyLength }: PartitionKeyColumns, count: number): string[] =>
  Array.from({ length: count }, (_, i) => keySlab.utf8Slice(keyOffset[i]!, keyOffset[i]! + keyLength[i]!))

export const hashKeysOf = (columns: PartitionKeyColumns, count: number): (string | null)[] =>
  Array.from({ length: count }, (_, i) => hashKeyOf(columns as PartitionKeyColumns & EntryRun, i))
