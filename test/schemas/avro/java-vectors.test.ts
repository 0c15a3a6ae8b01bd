/** `vectors/java.json` is what Avro's Java library makes of `java/cases.json`; `java/Vectors.java` makes it. */
import { Instant } from '@js-joda/core'
import t from 'tap'

import { avroDecoder, avroEncoder } from '../../../schemas/avro/avro-codec.ts'
import { avroType } from '../../../schemas/avro/avro-type.ts'
import { jsonText } from '../../../schemas/avro/json-text.ts'
import type { JsonNode, JsonObject } from '../../../schemas/avro/json-text.ts'
import { schemaText } from '../../../schemas/avro/schema-text.ts'
import { vectors } from './vectors.ts'

const all = vectors()
const cases = (of: string): readonly JsonObject[] => all.get(of) as readonly JsonObject[]
const text = (c: JsonObject, key: string): string => c.get(key) as string
const typeIn = (c: JsonObject, key: string) => avroType(jsonText(c.get(key) as JsonNode, 'kept'))
const bytesIn = (c: JsonObject, key: string): Buffer => Buffer.from(text(c, key), 'hex')

/** What newer editions of the specification take: names of enums that only end alike, defaults of any branch. */
const LOOSER: ReadonlySet<string> = new Set(['enum of another namespace', 'default of the second branch'])

t.test('values are read and written as Java does', async t => {
  for (const c of cases('values')) {
    const writer = typeIn(c, 'writer')
    const bytes = bytesIn(c, 'bytes')
    const value = avroDecoder({ reader: writer, writer }).decode(bytes)
    t.equal(avroEncoder(writer).encode(value).toString('hex'), text(c, 'bytes'), text(c, 'name'))
  }
})

t.test('what was written with one schema is read with another as Java does', async t => {
  for (const c of cases('values').filter(c => c.has('reader'))) {
    const name = text(c, 'name')
    const reader = typeIn(c, 'reader')
    const decode = (): unknown => avroDecoder({ reader, writer: typeIn(c, 'writer') }).decode(bytesIn(c, 'bytes'))
    const refused = c.has('error') ? !LOOSER.has(name) : name.startsWith('ours refuses')
    if (refused) t.throws(decode, { code: 'RECORD_MALFORMED' }, `${name}: Java says ${text(c, 'error')}`)
    else if (c.has('error')) t.doesNotThrow(decode, name)
    else t.strictSame(decode(), avroDecoder({ reader, writer: reader }).decode(bytesIn(c, 'readerBytes')), name)
  }
})

t.test('values of logical types are those of Java', async t => {
  for (const c of cases('logical')) {
    const type = typeIn(c, 'schema')
    const value = avroDecoder({ reader: type, writer: type }).decode(bytesIn(c, 'bytes'))
    const shown = value instanceof Date ? Instant.ofEpochMilli(value.getTime()) : value
    t.equal(String(shown), text(c, 'text'), jsonText(c.get('schema')!, 'kept'))
    t.equal(avroEncoder(type).encode(value).toString('hex'), text(c, 'again'), `${text(c, 'text')}, written`)
  }
})

t.test('a schema has the text that Java gives it', async t => {
  for (const c of cases('texts')) {
    const schema = text(c, 'schema')
    if (c.has('text') && schema !== '[]') t.equal(schemaText(avroType(schema)), text(c, 'text'), schema)
    else
      t.throws(() => avroEncoder(avroType(schema)), { code: 'CONFIGURATION_INVALID', message: /Avro schema/ }, schema)
  }
})
