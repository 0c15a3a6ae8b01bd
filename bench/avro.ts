/**
 * `node dist/bench/avro.js`: records a second that the Avro codecs read and write, beside plain avsc. Behind Glue's header the peer is
 * avsc alone, without header, registry or caches; where the payload is compressed, avsc and Node's zlib. A line of JSON for each: what, ours, peer.
 */
import { deflateSync, inflateSync } from 'node:zlib'

import avsc from 'avsc'

import { avroDecoder, avroEncoder } from '../schemas/avro/avro-codec.ts'
import { avroType } from '../schemas/avro/avro-type.ts'
import { glueAvroDecoder, glueAvroEncoder } from '../schemas/glue/glue-avro.ts'
import { flatSchema, flatValue, glueSpec, oneVersion } from './avro-records.ts'

const ROUNDS = 5
const ROUND_MS = 600
const BATCH = 1000

const nested = {
  type: 'record',
  name: 'Trip',
  fields: [
    { name: 'booking', type: 'string' },
    { name: 'flights', type: { type: 'array', items: flatSchema } },
    { name: 'tags', type: { type: 'map', values: 'string' } },
    {
      name: 'customer',
      type: {
        type: 'record',
        name: 'Customer',
        fields: [
          { name: 'name', type: 'string' },
          { name: 'miles', type: 'long' },
        ],
      },
    },
  ],
}
const nestedValue = {
  booking: 'X7K2P9',
  flights: [flatValue, { ...flatValue, gate: null }, flatValue],
  tags: { channel: 'web', fare: 'saver' },
  customer: { name: 'Zoë Müller', miles: 123_456 },
}

const flatAvsc = avsc.Type.forSchema(flatSchema as avsc.Schema)
const flatBytes = flatAvsc.toBuffer(flatValue)
const flatDeflated = deflateSync(flatBytes)

for (const [name, schema, value] of [
  ['6 fields', flatSchema, flatValue],
  ['nested', nested, nestedValue],
] as const) {
  const type = avroType(JSON.stringify(schema))
  const plain = avsc.Type.forSchema(schema as avsc.Schema)
  const encoder = avroEncoder(type)
  const decoder = avroDecoder({ reader: type, writer: type })
  const bytes = encoder.encode(value)
  if (!bytes.equals(plain.toBuffer(value))) throw new Error('the bytes differ')
  compare(
    `Avro, ${name}, ${bytes.length} B, read`,
    () => decoder.decode(bytes),
    () => plain.fromBuffer(bytes) as unknown,
  )
  compare(
    `Avro, ${name}, written`,
    () => encoder.encode(value),
    () => plain.toBuffer(value),
  )
}

for (const compression of ['NONE', 'ZLIB'] as const) {
  const spec = glueSpec(compression)
  const registry = oneVersion(spec.schema)
  const encoder = glueAvroEncoder(spec, registry)
  const decoder = glueAvroDecoder(spec, registry, null)
  await encoder.prepare?.(flatValue)
  const encode = (): Buffer => encoder.encode((encoder.prepare?.(flatValue) ?? null) === null ? flatValue : null)
  const bytes = encode()
  await decoder.prepare?.(bytes)
  const decode = (): unknown => ((decoder.prepare?.(bytes) ?? null) === null ? decoder.decode(bytes) : null)
  const zlib = compression === 'ZLIB'
  const how = zlib ? '6 fields, zlib' : '6 fields'
  const read = (): unknown => flatAvsc.fromBuffer(zlib ? inflateSync(flatDeflated) : flatBytes)
  const write = (): Buffer => (zlib ? deflateSync(flatAvsc.toBuffer(flatValue)) : flatAvsc.toBuffer(flatValue))
  compare(`Glue Avro, ${how}, read`, decode, read)
  compare(`Glue Avro, ${how}, written`, encode, write)
}

/** In turns, so that what the machine does beside it meets both; the best round counts. */
function compare(what: string, ours: () => unknown, peer: () => unknown): void {
  let [best, bestOfPeer] = [0, 0]
  for (let round = 0; round < ROUNDS; round++) {
    best = Math.max(best, perSecond(ours))
    bestOfPeer = Math.max(bestOfPeer, perSecond(peer))
  }
  console.log(JSON.stringify({ what, ours: best, peer: bestOfPeer }))
}

function perSecond(work: () => unknown): number {
  const start = performance.now()
  let count = 0
  let now = start
  for (; now - start < ROUND_MS; now = performance.now(), count += BATCH) for (let i = 0; i < BATCH; i++) work()
  return (count / (now - start)) * 1000
}
