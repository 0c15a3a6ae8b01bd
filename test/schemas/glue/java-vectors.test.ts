import t from 'tap'

import { glueAvroDecoder, glueAvroEncoder } from '../../../schemas/glue/glue-avro.ts'
import { readGlueFrame } from '../../../schemas/glue/glue-frame.ts'
import { glueJsonDecoder, glueJsonEncoder } from '../../../schemas/glue/glue-json.ts'
import type { GlueCompression } from '../../../schemas/glue/glue-frame.ts'
import { glueVectors, VERSION } from './java-vectors.ts'
import type { GlueVector } from './java-vectors.ts'
import { memoryRegistry } from './memory-registry.ts'

const common = { transportName: 'flights', secondary: null, convert: null }
const compressions: readonly GlueCompression[] = ['NONE', 'ZLIB']
/** Java takes fractions through a double; here they keep their digits. */
const FRACTIONS = /12\.50/

function registryWith({ format, definition = '' }: GlueVector) {
  const { api, registry } = memoryRegistry({}, format)
  const version = { versionId: VERSION, status: 'AVAILABLE', schemaName: 'flights', definition, dataFormat: format }
  api.versions.set(VERSION, version)
  return registry
}

t.test('Avro: the definition is the one that Java registers, and so are the bytes', async t => {
  for (const vector of glueVectors().filter(({ format }) => format === 'AVRO'))
    for (const compression of compressions) {
      const registry = registryWith(vector)
      const spec = { type: 'glue-avro', schema: vector.schema, configs: { compression }, ...common } as const
      const record = Buffer.from(vector[compression]!, 'base64')
      const decoder = glueAvroDecoder(spec, registry, null)
      const encoder = glueAvroEncoder(spec, registry)
      await decoder.prepare?.(record)
      // Without registration, this finds the version by its definition alone.
      await encoder.prepare?.()
      const written = encoder.encode(decoder.decode(record))
      t.strictSame(readGlueFrame(written), readGlueFrame(record), vector.value)
      if (compression === 'NONE') t.ok(written.equals(record))
    }
})

t.test('JSON: what Java takes is written as it writes it, what it refuses is refused', async t => {
  for (const vector of glueVectors().filter(({ format }) => format === 'JSON'))
    for (const compression of compressions) {
      const registry = registryWith(vector)
      const spec = { type: 'glue-json', values: 'carrier', schema: null, configs: { compression }, ...common } as const
      const encoder = glueJsonEncoder(spec, registry)
      const carrier = { schema: vector.schema, payload: vector.value }
      const encode = async (): Promise<Buffer> => {
        await (encoder as { prepare(value: unknown): Promise<void> | null }).prepare(carrier)
        return encoder.encode(carrier)
      }
      const what = `${vector.schema} ${vector.value}`
      if (vector.error !== undefined) {
        await t.rejects(encode(), { code: 'VALUE_INVALID' }, `${what}: Java says ${vector.error}`)
        continue
      }
      const record = Buffer.from(vector[compression]!, 'base64')
      const written = await encode()
      const [ours, javas] = [readGlueFrame(written), readGlueFrame(record)]
      t.equal(ours.schemaVersionId, javas.schemaVersionId)
      if (FRACTIONS.test(vector.value))
        t.strictSame(JSON.parse(ours.payload.toString()), JSON.parse(javas.payload.toString()))
      else t.equal(ours.payload.toString(), javas.payload.toString(), what)
      const decoder = glueJsonDecoder(spec, registry, null)
      await decoder.prepare?.(record)
      t.strictSame(decoder.decode(record), { schema: vector.definition, payload: javas.payload.toString() })
    }
})
