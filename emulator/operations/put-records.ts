// PutRecord and PutRecords. The whole request is validated first. Then each record is routed, checked against the quotas of
// its shard, and stored.
import { invalidArgument, KinesisError, validation } from '../errors.ts'
import { recordOf } from '../protocol/put-records-input.ts'
import { failedCount, putRecordsMembers } from '../protocol/put-records-output.ts'
import type { PutOutcome } from '../protocol/put-records-output.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import type { Account } from '../store/account.ts'
import { parseHashKey, writeWords } from '../store/hash-key.ts'
import { md5Words } from '../store/md5.ts'
import { RecordBatch } from '../store/record-batch.ts'
import type { SegmentKind } from '../store/segment.ts'
import type { Shard } from '../store/shard.ts'
import type { Stream } from '../store/stream.ts'
import type { RecordRejection } from '../faults/fault.ts'
import type { Call, Operation } from './operation.ts'
import { answer, encryptionOf, refuseDryRun, streamOf } from './operation.ts'

/** PutRecords: at most 10 MiB of keys and data in a request. */
const MAX_REQUEST_BYTES = 10 * 1024 * 1024
const MAX_KEY_CHARACTERS = 256

export const putRecord: Operation = {
  touches: (call, shardId) => routes(streamOf(call), batchOf(call), shardId),
  run: call => {
    call.input.optionalText('SequenceNumberForOrdering', { pattern: /^(0|([1-9]\d{0,128}))$/ })
    checkDryRun(call, batchOf(call))
    const [outcome] = store(call.account, streamOf(call), batchOf(call), { rejection: call.rejection })
    if (outcome === undefined) throw new KinesisError('InternalFailure', 'PutRecord stored nothing', 500)
    if ('code' in outcome)
      throw new KinesisError(outcome.code, outcome.message, outcome.code === 'InternalFailure' ? 500 : 400)
    const { shard, index } = outcome
    const members: WireObject = {
      ShardId: shard.id,
      SequenceNumber: shard.sequence.format(index),
      EncryptionType: encryptionOf(streamOf(call)),
    }
    return { ...answer(members), records: 1 }
  },
}

export const putRecords: Operation = {
  touches: (call, shardId) => routes(streamOf(call), call.records!, shardId),
  run: call => {
    checkRequestBytes(call.records!)
    checkDryRun(call, call.records!)
    const stream = streamOf(call)
    const outcomes = store(call.account, stream, call.records!, { rejection: call.rejection })
    const output = { outcomes, encryptionType: encryptionOf(stream) }
    return {
      encode: protocol => protocol.encodePutRecords(output),
      members: () => putRecordsMembers(output),
      records: outcomes.length - failedCount(output),
    }
  },
}

function checkDryRun(call: Call, batch: RecordBatch): void {
  if (!call.input.flag('DryRun')) return
  const stream = streamOf(call)
  stream.requireUsable()
  validate(stream, batch)
  refuseDryRun(call)
}

export interface StoreOptions {
  readonly rejection?: RecordRejection | undefined
  /** Whether the write quotas of the shards apply. The default is the option `limits` of the emulator. */
  readonly limits?: boolean
}

/** Validates, routes and stores a batch. Returns the outcome for each record. */
export function store(account: Account, stream: Stream, batch: RecordBatch, options: StoreOptions = {}): PutOutcome[] {
  const { rejection, limits = account.settings.limits } = options
  stream.requireUsable()
  validate(stream, batch)
  const nowMs = account.clock.now()
  const encrypted = stream.encryptionKeyId !== undefined
  const keyed: SegmentKind = { encrypted, keyless: false }
  const outcomes = new Array<PutOutcome>(batch.count)
  for (let i = 0; i < batch.count; i++) {
    const shard = route(stream, batch, i)
    const refused = rejection?.(i, batch.partitionKey(i), shard.id)
    if (refused !== undefined) outcomes[i] = refused
    else if (limits && !shard.admitWrite(batch.payloadBytes(i), nowMs)) outcomes[i] = rateExceeded(stream, shard)
    else {
      const { source, keyStarts, keyEnds, dataStarts, dataEnds } = batch
      const kind = batch.hasKey(i) ? keyed : { encrypted, keyless: true }
      const index = shard.log.append(source, keyStarts[i]!, keyEnds[i]!, dataStarts[i]!, dataEnds[i]!, nowMs, kind)
      outcomes[i] = { shard, index }
    }
  }
  stream.changed()
  return outcomes
}

const words = new Uint32Array(4)

function route(stream: Stream, batch: RecordBatch, i: number): Shard {
  if (stream.distribution === 'AUTO') return stream.nextShard()
  const explicit = batch.explicitHashKeys?.get(i)
  if (explicit === undefined) md5Words(batch.source, batch.keyStarts[i]!, batch.keyEnds[i]!, words)
  else writeWords(parseHashKey('ExplicitHashKey', explicit), words)
  return stream.route(words)
}

/**
 * Returns whether any of the records can be routed to the shard. With AUTO every record can be routed to any open shard.
 */
function routes(stream: Stream, batch: RecordBatch, shardId: string): boolean {
  if (stream.distribution === 'AUTO') return stream.openShards().some(shard => shard.id === shardId)
  for (let i = 0; i < batch.count; i++) if (route(stream, batch, i).id === shardId) return true
  return false
}

const batches = new WeakMap<Call, RecordBatch>()

function batchOf(call: Call): RecordBatch {
  let batch = batches.get(call)
  if (batch === undefined) {
    batch = RecordBatch.of([recordOf(call.input.members)])
    batch.single = true
    batches.set(call, batch)
  }
  return batch
}

function validate(stream: Stream, batch: RecordBatch): void {
  for (let i = 0; i < batch.count; i++) {
    const keyBytes = batch.keyEnds[i]! - batch.keyStarts[i]!
    if (!batch.hasKey(i)) {
      if (stream.distribution === 'USER_PARTITION_KEY') throw validation(batch.path(i, 'partitionKey'), 'not be null')
    } else if (keyBytes === 0) throw validation(batch.path(i, 'partitionKey'), 'have length greater than or equal to 1')
    // A key has at most as many characters as bytes.
    if (keyBytes > MAX_KEY_CHARACTERS && Array.from(batch.partitionKey(i)).length > MAX_KEY_CHARACTERS) {
      throw validation(batch.path(i, 'partitionKey'), `have length less than or equal to ${MAX_KEY_CHARACTERS}`)
    }
    const bytes = batch.payloadBytes(i)
    if (bytes > stream.maxRecordBytes) {
      throw invalidArgument(
        `Record ${i + 1} of the request has ${bytes} bytes of key and data. Stream ${stream.name} under account ` +
          `${stream.accountId} accepts at most ${stream.maxRecordBytes} bytes in a record.`,
      )
    }
  }
  batch.explicitHashKeys?.forEach(hashKey => parseHashKey('ExplicitHashKey', hashKey))
}

function checkRequestBytes(batch: RecordBatch): void {
  let bytes = 0
  for (let i = 0; i < batch.count; i++) bytes += batch.payloadBytes(i)
  if (bytes <= MAX_REQUEST_BYTES) return
  throw invalidArgument(`Records size exceeds 10 MB limit: the request has ${bytes} bytes of keys and data.`)
}

function rateExceeded(stream: Stream, shard: Shard): PutOutcome {
  return {
    code: 'ProvisionedThroughputExceededException',
    message: `Rate exceeded for shard ${shard.id} in stream ${stream.name} under account ${stream.accountId}.`,
  }
}
