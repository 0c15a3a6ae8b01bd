// Bodies in AwsJson 1.1. Timestamps are epoch seconds with a fraction, and bytes are base64.
import { serialization } from '../errors.ts'
import type { WireObject, WireValue } from './wire-value.ts'
import { isWireObject } from './wire-value.ts'

export function decodeJsonObject(body: Buffer): WireObject {
  if (body.length === 0) return {}
  let value: WireValue
  try {
    value = JSON.parse(body.toString('utf8')) as WireValue
  } catch {
    throw serialization('The JSON body can not be parsed: it is not valid JSON')
  }
  if (!isWireObject(value)) throw serialization('The JSON body is not a structure')
  return value
}

export function encodeJson(value: WireObject): Buffer {
  return Buffer.from(JSON.stringify(plain(value)), 'utf8')
}

function plain(value: WireValue): unknown {
  if (value instanceof Date) return value.getTime() / 1000
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (isWireObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
  return Array.isArray(value) ? value.map(plain) : value
}
