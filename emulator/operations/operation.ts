// What an operation is: it decodes its input, does its work on the account and gives an answer that encodes itself.
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

/** One request, decoded. */
export interface Call {
  readonly account: Account
  readonly input: Input
  /** The records of a PutRecords request. */
  readonly records?: RecordBatch | undefined
  /** Set by a scripted fault: which records to refuse. */
  readonly rejection?: RecordRejection | undefined
  /** The scripted fault that struck it, if one did. */
  readonly fault?: Fault | undefined
  /** To be told how many records each event of a subscription carries. */
  readonly onEvent?: ((records: number) => void) | undefined
}

export type Answer = BodyAnswer | SubscriptionAnswer

/** Events, for as long as the client takes them. */
export interface SubscriptionAnswer {
  readonly subscription: Subscription
}

export interface BodyAnswer {
  readonly encode: (protocol: Protocol) => Buffer
  /** The same as values, for a call within the process. */
  readonly members: () => WireObject
  /** Records stored or returned. */
  readonly records?: number
}

/** Where a request goes, as far as the request itself says. */
export interface Target {
  readonly stream?: string | undefined
  readonly shardId?: string | undefined
}

export interface Operation {
  /** Calls a second that the service takes before LimitExceededException, for the account or for each stream. */
  readonly rate?: { readonly perSecond: number; readonly per: 'account' | 'stream' }
  /** Answers at once, but for calls that wait for a record. */
  readonly run: (call: Call) => Answer | Promise<Answer>
  /** The stream and shard; without it, the stream of StreamName or StreamARN. */
  readonly target?: (call: Call) => Target
  /** Whether any part of the request goes to a shard; without it, whether `target` names it. */
  readonly touches?: (call: Call, shardId: string) => boolean
}

export const answer = (members: WireObject): BodyAnswer => ({
  encode: protocol => protocol.encode(members),
  members: () => members,
})

/** What operations without output answer: an empty body. */
export const nothing: BodyAnswer = { encode: () => Buffer.alloc(0), members: () => ({}) }

/** The stream's name in StreamName, StreamARN or both. */
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

/** Refuses a call that sets DryRun; for when all else was checked. */
export function refuseDryRun({ input }: Call): void {
  if (input.flag('DryRun')) throw dryRun()
}

export const streamOf = (call: Call): Stream => call.account.stream(streamName(call))

/** The stream of StreamARN, in an operation that knows no StreamName. */
export function streamOfArn({ account, input }: Call): Stream {
  return account.stream(account.nameOfArn(input.text('StreamARN', STREAM_ARN)))
}

/** How records that are written now are encrypted. */
export const encryptionOf = ({ encryptionKeyId }: Stream): 'KMS' | 'NONE' =>
  encryptionKeyId === undefined ? 'NONE' : 'KMS'
