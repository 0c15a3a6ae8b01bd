import t from 'tap'

import {
  Aggregate,
  OUTER_KEY,
  userRecordOf,
  userRecordsOf,
} from '../../../../../core/connectors/kinesis/sink/aggregate.ts'
import { entriesOf, runOf } from '../../../fakes/fake-sink-stream.ts'

const recordOf = (key: string, data: string, onAcknowledged?: (n: number) => void) =>
  userRecordOf({ ...runOf([[key, data]]), ...(onAcknowledged === undefined ? {} : { onAcknowledged }) }, 0)

t.test('a single record is sent as it is', async t => {
  const entry = new Aggregate(recordOf('k', 'a')).toEntry(new WeakMap())
  t.same(entriesOf([entry]), [['k', 'a']])
  t.equal(entry.userRecords, undefined)
})

t.test('several records become one entry, and can be read back with their callbacks', async t => {
  const acknowledged: string[] = []
  const aggregate = new Aggregate(recordOf('k', 'a', () => acknowledged.push('a')))
  t.equal(
    aggregate.tryAdd(
      recordOf('l', 'b', () => acknowledged.push('b')),
      1000,
    ),
    true,
  )
  const callbacks = new WeakMap()
  const entry = aggregate.toEntry(callbacks)
  t.equal(entriesOf([entry])[0]![0], OUTER_KEY.toString())
  t.same([...entry.userRecords!], [2])
  const records = userRecordsOf(entry, 0, callbacks.get(entry.slab) as never)!
  t.same(
    records.map(r => [r.partitionKey.toString(), r.data.toString()]),
    [
      ['k', 'a'],
      ['l', 'b'],
    ],
  )
  entry.onAcknowledged!(1)
  t.same(acknowledged, ['a', 'b'])
})

t.test('an aggregate takes no record that would make it too large', async t => {
  const aggregate = new Aggregate(recordOf('k', 'a'.repeat(100)))
  t.equal(aggregate.tryAdd(recordOf('k', 'b'.repeat(100)), 150), false)
  t.equal(aggregate.count, 1)
})

t.test('an entry that is not an aggregate has no records', async t => {
  t.equal(userRecordsOf(runOf([['k', 'plain']]), 0, undefined), null)
})
