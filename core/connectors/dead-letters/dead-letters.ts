/**
 * Records that can never be written: too large, without a key that the service takes, or refused by it when sent alone; and
 * those that a source's schema cannot read. A handler takes them, and the job goes on; a checkpoint does not complete before it has them. Where it fails, the job does.
 */
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

import type { Clock } from '../../foundation/clock.ts'
import { ConfigurationError, ShardlineError, messageOf } from '../../foundation/errors.ts'
import { hashKeyOf } from '../../aws/kinesis/put-records-codec.ts'
import type { DeadLettersSpec } from '../../graph/job-graph.ts'
import { checkDestination, NO_START_CONTEXT } from '../../aws/service/stream-readiness.ts'
import type { StartContext } from '../../aws/service/stream-readiness.ts'
import type { SinkStreamProxy } from '../../aws/kinesis/stream-proxy.ts'
import type { RecordPosition } from '../../foundation/record-batch/record-positions.ts'
import { AsyncSinkWriter } from '../async-sink/async-sink-writer.ts'
import type { Rejection } from '../async-sink/batch-sender.ts'
import { entrySize } from '../async-sink/entry-runs.ts'
import { randomKeys } from '../partition-keys/partition-key-generator.ts'

export interface DeadLetter {
  /** The stream, or delivery stream, that it was meant for; of a record that could not be read: that it came from. */
  readonly stream: string
  /** `RECORD_TOO_LARGE`, `VALIDATION_FAILED`, `RECORD_MALFORMED`, or the service's name for what it did not like. */
  readonly code: string
  readonly message: string
  /** null: it has none, or none that could be made out. */
  readonly partitionKey: string | null
  /** Decimal. */
  readonly explicitHashKey: string | null
  /** Empty for null. */
  readonly data: Buffer
  /** Where it came from; null: not known, as after a restore. */
  readonly position: RecordPosition | null
}

/** Letters are lost unless they are safe when it returns, or what it returns resolves. */
export type DeadLetterFunction = (letters: readonly DeadLetter[]) => Promise<void> | void

export interface DeadLetters {
  /** @throws if letters could not be put there */
  validate(context?: StartContext): Promise<void>
  put(letters: readonly DeadLetter[]): Promise<void>
  close(): Promise<void>
}

export function letterOf(stream: string, { run, i, errorCode, message }: Rejection): DeadLetter {
  const [key, data] = [run.keyOffset[i]!, run.dataOffset[i]!]
  return {
    stream,
    code: errorCode,
    message,
    partitionKey: run.keyLength[i] === 0 ? null : run.keySlab.utf8Slice(key, key + run.keyLength[i]!),
    explicitHashKey: hashKeyOf(run, i),
    data: run.slab.subarray(data, data + run.dataLength[i]!),
    position: run.origin?.at(i) ?? null,
  }
}

/** What a file, and a stream, has of a letter: a line of JSON. */
function lineOf({ data, ...rest }: DeadLetter, atMs: number): string {
  return `${JSON.stringify({ time: new Date(atMs).toISOString(), ...rest, data: data.toString('base64') })}\n`
}

export class FileDeadLetters implements DeadLetters {
  readonly #path: string
  readonly #clock: Clock
  #file: Promise<FileHandle> | null = null

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
  }

  async validate(): Promise<void> {
    try {
      await (await open(this.#path, 'a')).close()
    } catch (cause) {
      throw new ConfigurationError(`The file for dead letters, ${this.#path}, cannot be written: ${messageOf(cause)}`, {
        cause,
      })
    }
  }

  async put(letters: readonly DeadLetter[]): Promise<void> {
    const file = await (this.#file ??= open(this.#path, 'a'))
    const lines = Buffer.from(letters.map(l => lineOf(l, this.#clock.now())).join(''))
    // At once: other subtasks append to the same file, and `appendFile` writes in pieces, between which theirs could come.
    for (let at = 0; at < lines.length;) at += (await file.write(lines, at)).bytesWritten
    await file.datasync()
  }

  async close(): Promise<void> {
    await this.#file?.then(f => f.close()).catch(() => undefined)
    this.#file = null
  }
}

const STREAM_LIMITS = {
  maxBatchSize: 500,
  maxInFlightRequests: 1,
  maxBufferedRequests: 1000,
  maxBatchSizeInBytes: 10 * 1024 * 1024,
  maxTimeInBufferMs: 1000,
  requestTimeoutMs: 600_000,
  failOnTimeout: false,
  failOnError: false,
}

export class StreamDeadLetters implements DeadLetters {
  readonly #proxy: SinkStreamProxy
  readonly #clock: Clock
  readonly #writer: AsyncSinkWriter

  constructor(proxy: SinkStreamProxy, clock: Clock, warn: (message: string) => void, random: () => number) {
    this.#proxy = proxy
    this.#clock = clock
    const options = { ...STREAM_LIMITS, sinkName: `The dead letters' sink to stream ${proxy.streamName}` }
    this.#writer = new AsyncSinkWriter((runs, signal) => proxy.putRecords(runs, { signal }), options, {
      clock,
      fail: () => undefined, // `put` throws it
      warn,
      random,
      bury: rejections => Promise.reject(letterRefused(proxy.streamName, rejections[0]!)),
    })
  }

  async validate(context: StartContext = NO_START_CONTEXT): Promise<void> {
    const what = `The stream for dead letters ${this.#proxy.streamName}`
    await checkDestination(what, () => this.#proxy.describeStream(), context, this.#clock)
  }

  async put(letters: readonly DeadLetter[]): Promise<void> {
    const lines = letters.map(l => Buffer.from(lineOf(l, this.#clock.now()).trimEnd()))
    let at = 0
    const dataOffset = Uint32Array.from(lines, line => (at += line.length) - line.length)
    await this.#writer.write({
      slab: Buffer.concat(lines),
      dataOffset,
      dataLength: Uint32Array.from(lines, l => l.length),
      ...randomKeys(lines.length),
      from: 0,
      to: lines.length,
    })
    await this.#writer.drain()
  }

  async close(): Promise<void> {
    this.#writer.close()
    this.#proxy.close()
  }
}

function letterRefused(stream: string, { run, i, errorCode, message }: Rejection): ShardlineError {
  return new ShardlineError(
    'DEAD_LETTERS_FAILED',
    `Stream ${stream} does not take a letter of ${entrySize(run, i)} bytes: ${errorCode}: ${message} A letter is a third larger than its record: raise the stream's largest record size (UpdateMaxRecordSize), or let a file take them.`,
    { details: { stream } },
  )
}

export class HandlerDeadLetters implements DeadLetters {
  readonly #handler: DeadLetterFunction

  constructor(handler: DeadLetterFunction) {
    this.#handler = handler
  }

  async validate(): Promise<void> {}

  async put(letters: readonly DeadLetter[]): Promise<void> {
    await this.#handler(letters)
  }

  async close(): Promise<void> {}
}

/** Gives them away; where that fails, says what would have been lost. */
export async function bury(to: DeadLetters, stream: string, rejections: readonly Rejection[]): Promise<void> {
  try {
    await to.put(rejections.map(r => letterOf(stream, r)))
  } catch (cause) {
    if (cause instanceof ShardlineError && cause.code === 'FUNCTION_FAILED') throw cause
    const { message } = rejections[0]!
    throw new ShardlineError(
      'DEAD_LETTERS_FAILED',
      `${rejections.length} records for stream ${stream} cannot be written, and neither could they be given to the dead letters: ${messageOf(cause).replace(/\.?$/, '.')} The first of them: ${message}`,
      { cause, details: { stream } },
    )
  }
}

export interface DeadLetterServices {
  readonly clock: Clock
  readonly random: () => number
  readonly warn: (message: string) => void
  /** Where the description names a function: that function. */
  readonly handler: DeadLetterFunction | null
  readonly proxyOf: (stream: DeadLettersSpec & { readonly type: 'kinesis-streams' }) => SinkStreamProxy
}

export function deadLettersOf(spec: DeadLettersSpec, services: DeadLetterServices): DeadLetters {
  const { clock, warn, random, handler, proxyOf } = services
  switch (spec.type) {
    case 'file':
      return new FileDeadLetters(spec.path, clock)
    case 'kinesis-streams':
      return new StreamDeadLetters(proxyOf(spec), clock, warn, random)
    case 'local':
    case 'module':
    case 'python':
      return new HandlerDeadLetters(handler!)
  }
}
