// Shard iterators. They are opaque to clients and expire after five minutes by the emulator's clock.
//
// | bytes | what                                                                        |
// |-------|-----------------------------------------------------------------------------|
// | 8     | 1, big-endian; iterators of the service start with `AAAAAAAAAAE` too        |
// | 8     | when it was issued: milliseconds since the epoch, double                    |
// | 4     | serial number of the stream; a recreated stream has another one             |
// | 4     | shard number                                                                |
// | 8     | index of the record to read next, double                                    |
// | 16    | seal                                                                        |
import { invalidArgument, KinesisError } from '../errors.ts'
import type { Seal } from './seal.ts'

/** A shard iterator expires after 5 minutes. */
export const ITERATOR_LIFETIME_MS = 300_000
const BYTES = 32
const PURPOSE = 'ShardIterator'

export interface ShardIterator {
  readonly issuedMs: number
  readonly streamSerial: number
  readonly shardNumber: number
  readonly index: number
}

export function formatShardIterator(iterator: ShardIterator, seal: Seal): string {
  const bytes = Buffer.alloc(BYTES)
  bytes[7] = 1
  bytes.writeDoubleBE(iterator.issuedMs, 8)
  bytes.writeUInt32BE(iterator.streamSerial, 16)
  bytes.writeUInt32BE(iterator.shardNumber, 20)
  bytes.writeDoubleBE(iterator.index, 24)
  return seal.close(PURPOSE, bytes)
}

/** Reads an iterator. Its age is not checked. */
export function parseShardIterator(text: string, seal: Seal): ShardIterator {
  const bytes = seal.open(PURPOSE, text)
  if (bytes?.length !== BYTES) throw invalidArgument('Invalid ShardIterator.')
  return {
    issuedMs: bytes.readDoubleBE(8),
    streamSerial: bytes.readUInt32BE(16),
    shardNumber: bytes.readUInt32BE(20),
    index: bytes.readDoubleBE(24),
  }
}

export function expiredIterator(issuedMs: number, nowMs: number): KinesisError {
  return new KinesisError(
    'ExpiredIteratorException',
    `Iterator expired. The iterator was created at time ${new Date(issuedMs).toISOString()} while right now it is ` +
      `${new Date(nowMs).toISOString()} which is further in the future than the tolerated delay of ` +
      `${ITERATOR_LIFETIME_MS} milliseconds.`,
  )
}
