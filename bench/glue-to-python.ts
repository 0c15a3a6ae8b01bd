/**
 * `node dist/bench/glue-to-python.js dict|row`: records of Glue and Avro, decoded here and handed to Python as frames of the function
 * channel's values, 4 ahead as a job has them. Prints the records a second that Python had as objects.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { pickleValues } from '../bindings/functions/value-pickler.ts'
import { glueAvroDecoder } from '../schemas/glue/glue-avro.ts'
import type { TypeSpec } from '../core/foundation/type-spec.ts'
import { flatRecords, glueSpec, oneVersion } from './avro-records.ts'

const BUNDLE = 1000
const IN_FLIGHT = 4
const SECONDS = 4

const root = fileURLToPath(new URL('../..', import.meta.url))
const asRows = process.argv[2] === 'row'

const spec = glueSpec('NONE')
const decoder = glueAvroDecoder(spec, oneVersion(spec.schema), null)
const records = await flatRecords(BUNDLE)
await decoder.prepare?.(records[0]!)
const type = decoder.type as TypeSpec & { type: 'RECORD' }
const handed: TypeSpec = asRows ? { ...type, type: 'ROW' } : type

const child = spawn(`${root}.venv/bin/python`, [`${root}bench/read_values.py`], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
let answers = 0
let wake: (() => void) | null = null
child.stdout.on('data', (chunk: Buffer) => {
  answers += chunk.length
  wake?.()
})

let sent = 0
let started = 0
let startedAt = 0
const end = performance.now() + SECONDS * 1000
while (performance.now() < end) {
  // The first bundles warm both sides up.
  if (sent === 50) [started, startedAt] = [answers, performance.now()]
  const frame = pickleValues(
    records.map(record => decoder.decode(record)),
    handed,
  )
  const head = Buffer.alloc(4)
  head.writeUInt32LE(frame.length)
  child.stdin.write(Buffer.concat([head, frame]))
  sent++
  while (sent - answers >= IN_FLIGHT) await new Promise<void>(resolve => (wake = resolve))
}
const perSecond = ((answers - started) * BUNDLE * 1000) / (performance.now() - startedAt)
child.stdin.end()
await once(child, 'close')
console.log(Math.round(perSecond))
