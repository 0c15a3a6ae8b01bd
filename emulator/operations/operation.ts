// The interface of an operation. An operation reads its input, changes or reads the account, and returns an answer that can
// be encoded.
import type { Account } from '../store/account.ts'
import type { Stream } from '../store/stream.ts'
import type { Protocol } from '../protocol/protocol.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import type { RecordBatch } from '../store/record-batch.ts'
import type { Subscription } from '../store/subscription.ts'
import type { Fault, RecordRejection } from '../faults/fault.ts'
import { dryRun, invalidArgument } from '../errors.ts'
import type { Input } from './input.ts'
import { STREAM_ARN, STREAM_NAME } from './input.ts'

/** A decoded request. */
export interface Call {
  readonly account: Account
  readonly input: Input
  /** The records of a PutRecords request. */
  readonly records?: RecordBatch | undefined
  /** Decides which records a scripted fault refuses. Undefined without such a fault. */
  readonly rejection?: RecordRejection | undefined
  /** The scripted fault that affects the request. Undefined without a fault. */
  readonly fault?: Fault | undefined
  /** Called with the number of records of each event of a subscription. */
  readonly onEvent?: ((records: number) => void) | undefined
}

export type Answer = BodyAnswer | SubscriptionAnswer

/** The answer of SubscribeToShard, which is a subscription. */
export interface SubscriptionAnswer {
  readonly subscription: Subscription
}

export interface BodyAnswer {
  readonly encode: (protocol: Protocol) => Buffer
  /** Returns the answer as values, for a call within the process. */
  readonly members: () => WireObject
  /** Number of records that were stored or returned. */
  readonly records?: number
}

/** The stream and the shard that a request names. */
export interface Target {
  readonly stream?: string | undefined
  readonly shardId?: string | undefined
}

export interface Operation {
  /** Calls a second that the service allows, for the account or for each stream. More calls are LimitExceededException. */
  readonly rate?: { readonly perSecond: number; readonly per: 'account' | 'stream' }
  /** Runs the operation. Only an operation that waits for records returns a promise. */
  readonly run: (call: Call) => Answer | Promise<Answer>
  /** Returns the target of a call. The default is the stream of StreamName or StreamARN. */
  readonly target?: (call: Call) => Target
  /** Returns whether the call reads from or writes to a shard. The default is whether `target` returns the shard. */
  readonly touches?: (call: Call, shardId: string) => boolean
}

export const answer = (members: WireObject): BodyAnswer => ({
  encode: protocol => protocol.encode(members),
  members: () => members,
})

/** The answer of an operation without output, which is an empty body. */
export const nothing: BodyAnswer = { encode: () => Buffer.alloc(0), members: () => ({}) }

/** Returns the name of the stream in StreamName, StreamARN or both. */
export function streamName({ account, input }: Call): string {
  const name = input.optionalText('StreamName', STREAM_NAME)
  const arn = input.optionalText('StreamARN', STREAM_ARN)
  if (arn === undefined) {
    if (name === undefined) throw invalidArgument('Either StreamName or StreamARN must be provided.')
    return name
  }
  const named = account.nameOfArn(arn)
  if (name !== undefined && name !== named) {
    throw invalidArgument(`StreamName ${name} does not match the stream in StreamARN ${arn}.`)
  }
  return named
}

/** Throws DryRunOperationException when the call sets DryRun. It is called after all other checks. */
export function refuseDryRun({ input }: Call): void {
  if (input.flag('DryRun')) throw dryRun()
}

export const streamOf = (call: Call): Stream => call.account.stream(streamName(call))

/** Returns the stream of StreamARN, for an operation without StreamName. */
export function streamOfArn({ account, input }: Call): Stream {
  return account.stream(account.nameOfArn(input.text('StreamARN', STREAM_ARN)))
}

/** Returns the encryption type of new records. */
export const encryptionOf = ({ encryptionKeyId }: Stream): 'KMS' | 'NONE' =>
  encryptionKeyId === undefined ? 'NONE' : 'KMS'
