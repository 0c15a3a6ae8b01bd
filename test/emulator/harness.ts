// Factories for the emulator's tests: an emulator on a manual clock, the stock AWS client, and requests sent raw, encoded
// by a library that is not ours.
import http from 'node:http'

import { KinesisClient } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { decode, encode, Token, Type } from 'cborg'

import type { EmulatorOptions } from '../../emulator/index.ts'
import { KinesisEmulator, VirtualClock } from '../../emulator/index.ts'

export interface Teardown {
  teardown(end: () => unknown): void
}

export type ManualEmulator = KinesisEmulator & { readonly clock: VirtualClock }

/** An emulator whose clock stands still, with a stream `flights` of one shard unless told otherwise. */
export async function emulator(t: Teardown, options: EmulatorOptions = {}): Promise<ManualEmulator> {
  const kinesis = await KinesisEmulator.start({ streams: { flights: 1 }, clock: new VirtualClock(), ...options })
  t.teardown(() => kinesis.close())
  return kinesis as ManualEmulator
}

/** The stock client over HTTP/1.1, without retries; `http2` leaves it its own default handler. */
export function client(t: Teardown, kinesis: KinesisEmulator, { http2 = false } = {}): KinesisClient {
  const sdk = new KinesisClient({
    endpoint: kinesis.endpoint,
    region: kinesis.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    ...(http2 ? {} : { requestHandler: new NodeHttpHandler() }),
  })
  t.teardown(() => sdk.destroy())
  return sdk
}

export interface RawResponse {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

/** A request as it is: any headers, any body. */
export async function raw(
  kinesis: KinesisEmulator,
  headers: http.OutgoingHttpHeaders,
  body: Buffer,
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent: false, headers: { ...headers, 'content-length': body.length } }
    const request = http.request(kinesis.endpoint, options, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

// Timestamps are tag 1 and epoch milliseconds, as the service has them.
const typeEncoders = { Date: (date: Date) => [new Token(Type.tag, 1), new Token(Type.uint, date.getTime())] }
const tags = [undefined, (ms: number) => new Date(ms)] as ((value: unknown) => unknown)[]

/** Whatever a body decodes to: tests look into it freely. */
export type Decoded = ReturnType<typeof JSON.parse>

export const encodeCborg = (value: unknown): Buffer => Buffer.from(encode(value, { typeEncoders }))
export const decodeCborg = (bytes: Buffer): Decoded => decode(bytes, { tags })

export const target = (operation: string): string => `Kinesis_20131202.${operation}`

/** One operation in CBOR; answers the decoded body. */
export async function cbor(kinesis: KinesisEmulator, operation: string, input: unknown): Promise<Decoded> {
  const headers = { 'content-type': 'application/x-amz-cbor-1.1', 'x-amz-target': target(operation) }
  const { status, body } = await raw(kinesis, headers, encodeCborg(input))
  const output = body.length === 0 ? {} : decodeCborg(body)
  if (status !== 200) throw Object.assign(new Error(output.message), { name: output.__type, status })
  return output
}

/** One operation in JSON; answers the decoded body. */
export async function json(kinesis: KinesisEmulator, operation: string, input: unknown): Promise<Decoded> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target(operation) }
  const { status, body } = await raw(kinesis, headers, Buffer.from(JSON.stringify(input)))
  const output = body.length === 0 ? {} : JSON.parse(body.toString())
  if (status !== 200) throw Object.assign(new Error(output.message), { name: output.__type, status })
  return output
}

export const shardId = (number: number): string => `shardId-${String(number).padStart(12, '0')}`

/** A shard iterator for `flights`. */
export async function iterator(kinesis: KinesisEmulator, type = 'TRIM_HORIZON', more: object = {}): Promise<string> {
  const input = { StreamName: 'flights', ShardId: shardId(0), ShardIteratorType: type, ...more }
  return (await json(kinesis, 'GetShardIterator', input)).ShardIterator
}
