import t from 'tap'

import { Seal } from '../../../emulator/store/seal.ts'
import { formatShardIterator, parseShardIterator } from '../../../emulator/store/shard-iterator.ts'

const sample = { issuedMs: 1_735_689_600_123, streamSerial: 7, shardNumber: 42, index: 9_000_000_000 }

t.test('an iterator comes back as it was, and looks like the service’s', async t => {
  const seal = new Seal()
  const text = formatShardIterator(sample, seal)
  t.match(text, /^AAAAAAAAAA/)
  t.same(parseShardIterator(text, seal), sample)
})

t.test('an iterator changed anywhere is refused', async t => {
  const seal = new Seal()
  const text = formatShardIterator(sample, seal)
  for (let i = 0; i < text.length; i++) {
    const changed = text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1)
    t.throws(() => parseShardIterator(changed, seal), { code: 'InvalidArgumentException' })
  }
})

t.test('an iterator of another emulator is refused', async t => {
  t.throws(() => parseShardIterator(formatShardIterator(sample, new Seal()), new Seal()), {
    message: 'Invalid ShardIterator.',
  })
})
