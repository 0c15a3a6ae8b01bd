/**
 * The two hot calls, GetRecords and PutRecords, one attempt each: sign, send, decode, and turn every failure into a
 * ServiceError. Retrying is the caller's business, because a reader and a writer retry differently.
 * Speaks CBOR; where an endpoint answers that it does not know that content type, JSON from then on.
 */
import type { Clock } from '../../foundation/clock.ts'
import type { AwsAccess } from '../service/aws-access.ts'
import { EXPIRED_TOKEN_ERRORS } from '../service/aws-connection.ts'
import { encodeCborMap } from '../service/cbor.ts'
import { readFailure, UNNAMED } from '../service/failure-answer.ts'
import type { Failure } from '../service/failure-answer.ts'
import { decodeGetRecordsJson } from './get-records-json.ts'
import { decodeGetRecordsCbor } from './get-records-cbor.ts'
import type { GetRecordsResult } from './get-records-result.ts'
import { HttpTransport } from '../http/http-transport.ts'
import type { HttpAnswer, TransportOptions } from '../http/http-transport.ts'
import {
  countEntries,
  decodePutRecordsCbor,
  decodePutRecordsJson,
  encodePutRecordsCbor,
  encodePutRecordsJson,
} from './put-records-codec.ts'
import type { EntryRun, PutRecordsOptions, PutRecordsResult, PutTarget } from './put-records-codec.ts'
import { invalidAnswer, notOfTheService, serviceError, unreachable } from '../service/service-errors.ts'
import type { Attempted } from '../service/service-errors.ts'
import { RequestSigner } from '../service/sigv4.ts'

export interface GetRecordsRequest {
  /** `null` when it is not known. The iterator determines the stream. */
  readonly streamArn: string | null
  readonly streamName: string
  readonly shardId: string
  readonly shardIterator: string
  readonly limit: number
}

const CBOR = 'application/x-amz-cbor-1.1'
const JSON_TYPE = 'application/x-amz-json-1.1'
const GET_RECORDS = 'Kinesis_20131202.GetRecords'
const PUT_RECORDS = 'Kinesis_20131202.PutRecords'
const SKEW_ERRORS = new Set([
  'RequestTimeTooSkewed',
  'RequestExpired',
  'InvalidSignatureException',
  'RequestInTheFuture',
])
/** Signatures are good for five minutes either way. */
const MIN_SKEW_MS = 240_000
/** CBOR answers in a row that could not be decoded where the JSON answers to the same requests could. */
const MAX_CBOR_FAILURES = 3
const POOLED_BODIES = 8
const MAX_POOLED_BYTES = 2 * 1024 * 1024

type DataPlaneOptions = Pick<TransportOptions, 'maxConnections' | 'readTimeoutMs'>

export class DataPlaneClient {
  readonly #access: AwsAccess
  readonly #clock: Clock
  readonly #options: DataPlaneOptions
  #closed = false
  #connection: Promise<{ transport: HttpTransport; signer: RequestSigner; endpoint: URL }> | undefined
  #speaksCbor = true
  #cborFailures = 0
  #skewMs = 0
  readonly #bodies: Buffer[] = []

  constructor(access: AwsAccess, clock: Clock, options: DataPlaneOptions) {
    this.#access = access
    this.#clock = clock
    this.#options = options
  }

  async getRecords(request: GetRecordsRequest): Promise<GetRecordsResult> {
    const { streamArn, streamName, shardId, shardIterator, limit } = request
    const fields = {
      ShardIterator: shardIterator,
      Limit: limit,
      ...(streamArn === null ? {} : { StreamARN: streamArn }),
    }
    const attempted = { operation: 'GetRecords', stream: streamName, shardId }
    const encode = (cbor: boolean): Buffer => (cbor ? encodeCborMap(fields) : Buffer.from(JSON.stringify(fields)))
    const decode = ({ body, cbor, endpoint }: Answer): GetRecordsResult =>
      decoding({ ...attempted, endpoint }, () =>
        (cbor ? decodeGetRecordsCbor : decodeGetRecordsJson)(body, streamName, shardId),
      )
    const answer = await this.#call(GET_RECORDS, encode, attempted)
    try {
      const result = decode(answer)
      if (answer.cbor) this.#cborFailures = 0
      return result
    } catch (error) {
      // Some emulators cut CBOR answers short, or put base64 text where bytes belong. Their JSON is sound.
      if (!this.#access.customEndpoint || !answer.cbor) throw error
    }
    const result = decode(await this.#call(GET_RECORDS, encode, attempted, undefined, false))
    if (++this.#cborFailures >= MAX_CBOR_FAILURES) this.#speaksCbor = false
    return result
  }

  async putRecords(
    target: PutTarget,
    runs: readonly EntryRun[],
    stream: string,
    { shardIds = false, signal }: PutRecordsOptions = {},
  ): Promise<PutRecordsResult> {
    const attempted = { operation: 'PutRecords', stream }
    let pooled: Buffer | undefined
    const encode = (cbor: boolean): Buffer =>
      cbor
        ? encodePutRecordsCbor(target, runs, size => (pooled = this.#takeBody(size)))
        : encodePutRecordsJson(target, runs)
    try {
      const { body, cbor, endpoint } = await this.#call(PUT_RECORDS, encode, attempted, signal)
      return decoding({ ...attempted, endpoint }, () =>
        (cbor ? decodePutRecordsCbor : decodePutRecordsJson)(body, countEntries(runs), shardIds),
      )
    } finally {
      if (pooled !== undefined && pooled.length <= MAX_POOLED_BYTES && this.#bodies.length < POOLED_BODIES)
        this.#bodies.push(pooled)
    }
  }

  close(): void {
    this.#closed = true
    void this.#connection?.then(
      c => c.transport.close(),
      () => undefined,
    )
  }

  async #call(
    target: string,
    encode: (cbor: boolean) => Buffer,
    attempted: Attempted,
    signal?: AbortSignal,
    inCbor = this.#speaksCbor,
  ): Promise<Answer> {
    // The client is closed: nothing would close a transport that is made now.
    if (this.#closed) throw unreachable('the service', attempted, new Error('the client is closed'))
    const connection = await (this.#connection ??= this.#connect())
    let cbor = inCbor
    const endpoint = connection.endpoint.origin
    const used = await this.#access.credentials()
    let answer = await this.#post(connection, target, encode(cbor), cbor, attempted, signal)
    if (answer.status === 200) return { body: answer.body, cbor, endpoint }
    let failure = readFailure(answer)
    if (cbor && answer.status < 500 && contentTypeUnknown(failure, answer)) {
      cbor = false
      answer = await this.#post(connection, target, encode(cbor), cbor, attempted, signal)
      // If JSON fails too, for example at the page of a proxy, the failure was not about CBOR.
      if (answer.status === 200 || !contentTypeUnknown(readFailure(answer), answer)) this.#speaksCbor = false
    } else if (this.#correctSkew(failure.name, answer)) {
      answer = await this.#post(connection, target, encode(cbor), cbor, attempted, signal)
    } else if (EXPIRED_TOKEN_ERRORS.has(failure.name) && (await this.#access.renewCredentials(used))) {
      answer = await this.#post(connection, target, encode(cbor), cbor, attempted, signal)
    }
    if (answer.status === 200) return { body: answer.body, cbor, endpoint }
    failure = readFailure(answer)
    if (failure.name === UNNAMED) throw notOfTheService({ ...attempted, endpoint }, answer.status, failure.message)
    throw serviceError(failure.name, failure.message, answer.status, attempted)
  }

  async #post(
    connection: { transport: HttpTransport; signer: RequestSigner; endpoint: URL },
    target: string,
    body: Buffer,
    cbor: boolean,
    attempted: Attempted,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer> {
    const credentials = await this.#access.credentials()
    const headers = connection.signer.sign(
      body,
      cbor ? CBOR : JSON_TYPE,
      target,
      credentials,
      this.#clock.now() + this.#skewMs,
    )
    headers['user-agent'] = this.#access.userAgent
    try {
      return await connection.transport.post(headers, body, signal)
    } catch (cause) {
      throw unreachable(connection.endpoint.origin, attempted, cause as Error)
    }
  }

  async #connect(): Promise<{ transport: HttpTransport; signer: RequestSigner; endpoint: URL }> {
    const endpoint = await this.#access.endpoint()
    const signer = new RequestSigner(this.#access.region, 'kinesis', endpoint.host)
    const { network } = this.#access
    return { transport: new HttpTransport({ ...this.#options, endpoint, network }), signer, endpoint }
  }

  /** A clock that is off makes every signature wrong; the answer's Date header tells by how much. */
  #correctSkew(errorName: string, answer: HttpAnswer): boolean {
    if (!SKEW_ERRORS.has(errorName)) return false
    const serverMs = Date.parse(answer.headers.date ?? '')
    const skewMs = serverMs - this.#clock.now()
    if (!Number.isFinite(skewMs) || Math.abs(skewMs - this.#skewMs) < MIN_SKEW_MS) return false
    this.#skewMs = skewMs
    return true
  }

  #takeBody(size: number): Buffer {
    const at = this.#bodies.findIndex(b => b.length >= size)
    if (at >= 0) return this.#bodies.splice(at, 1)[0]!
    return Buffer.allocUnsafeSlow(Math.ceil(size / 16384) * 16384)
  }
}

function decoding<T>(attempted: Attempted & { readonly endpoint: string }, decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw invalidAnswer(attempted, 200, cause)
  }
}

interface Answer {
  readonly body: Buffer
  readonly cbor: boolean
  readonly endpoint: string
}

function contentTypeUnknown(failure: Failure, answer: HttpAnswer): boolean {
  return (
    answer.status === 415 ||
    ['UnknownOperationException', 'SerializationException', 'UnsupportedMediaType', UNNAMED].includes(failure.name) ||
    /content.?type|media type/i.test(failure.message)
  )
}
