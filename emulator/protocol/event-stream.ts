// Messages of `application/vnd.amazon.eventstream`, which is the response of SubscribeToShard.
//
// | bytes | what                                                              |
// |-------|-------------------------------------------------------------------|
// | 4     | bytes of the whole message                                        |
// | 4     | bytes of the headers                                              |
// | 4     | CRC-32 of these 8 bytes                                           |
// | ...   | headers, each: 1 length of name, name, 7 (text), 2 length, text   |
// | ...   | payload: AwsJson 1.1                                              |
// | 4     | CRC-32 of all preceding bytes                                     |
//
// | message          | :message-type | named by                                     |
// |------------------|---------------|----------------------------------------------|
// | initial response | event         | :event-type initial-response                 |
// | event            | event         | :event-type SubscribeToShardEvent            |
// | exception        | exception     | :exception-type, the exception's name        |
import * as zlib from 'node:zlib'

import type { KinesisError } from '../errors.ts'
import { encodeJson } from '../encoding/json.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import type { SubscriptionEvent } from '../store/subscription.ts'
import { describeChild } from './child-shard.ts'
import { getRecordsJson, recordMembers } from './get-records-output.ts'

export const EVENT_STREAM_TYPE = 'application/vnd.amazon.eventstream'
const JSON_TYPE = 'application/x-amz-json-1.1'
const PRELUDE_BYTES = 12
const TEXT_HEADER = 7

export const encodeInitialResponse = (): Buffer => encodeEvent('initial-response', Buffer.from('{}'))

export function encodeSubscriptionEvent(event: SubscriptionEvent): Buffer {
  const { shard, range } = event
  return encodeEvent('SubscribeToShardEvent', getRecordsJson({ shard, range, members: otherMembers(event) }))
}

export function encodeException({ code, message }: KinesisError): Buffer {
  const headers = { ':exception-type': code, ':content-type': JSON_TYPE, ':message-type': 'exception' }
  return encodeMessage(headers, encodeJson({ message }))
}

/** Returns the event as values, for a subscription within the process. */
export function eventMembers(event: SubscriptionEvent): WireObject {
  return { Records: recordMembers(event.shard, event.range), ...otherMembers(event) }
}

const otherMembers = ({ continuation, millisBehindLatest, children }: SubscriptionEvent): WireObject => ({
  ContinuationSequenceNumber: continuation,
  MillisBehindLatest: millisBehindLatest,
  ChildShards: children?.map(describeChild),
})

const encodeEvent = (type: string, payload: Buffer): Buffer =>
  encodeMessage({ ':event-type': type, ':content-type': JSON_TYPE, ':message-type': 'event' }, payload)

export function encodeMessage(headers: Readonly<Record<string, string>>, payload: Buffer): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value)))
  const message = Buffer.allocUnsafe(PRELUDE_BYTES + head.length + payload.length + 4)
  message.writeUInt32BE(message.length, 0)
  message.writeUInt32BE(head.length, 4)
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  head.copy(message, PRELUDE_BYTES)
  payload.copy(message, PRELUDE_BYTES + head.length)
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4)
  return message
}

function encodeHeader(name: string, value: string): Buffer {
  const header = Buffer.alloc(1 + name.length + 3 + Buffer.byteLength(value))
  header[0] = name.length
  header.write(name, 1, 'latin1')
  header[1 + name.length] = TEXT_HEADER
  header.writeUInt16BE(Buffer.byteLength(value), 2 + name.length)
  header.write(value, 4 + name.length, 'utf8')
  return header
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

/** CRC-32 in JavaScript, because Node has no `zlib.crc32` before version 20.15. */
export function portableCrc32(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff]!
  return ~crc >>> 0
}

const crc32 = (zlib as { crc32?: (bytes: Uint8Array) => number }).crc32 ?? portableCrc32
