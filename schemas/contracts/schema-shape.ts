/** The shape of schemas in a job graph. */
import {
  anything,
  bool,
  described,
  lazy,
  mapOf,
  named,
  nullable,
  oneOf,
  text,
  variants,
} from '../../core/foundation/shape/shape.ts'
import type { Shape } from '../../core/foundation/shape/shape.ts'
import type { SchemaSpec, ValueFunctionSpec } from './schema-spec.ts'
import { rowTypeShape, typeShape } from './type-shape.ts'

const valueFunction: Shape<ValueFunctionSpec> = named(
  'valueFunction',
  variants('type', { local: { localId: text }, module: { url: text, export: text } }),
)

const inner: Shape<SchemaSpec> = lazy(() => schemaShape)

const glue = {
  transportName: nullable(text),
  configs: described(
    "Keys of Amazon's library. Most values are text; tags and metadata are objects of text.",
    mapOf(anything),
  ),
  secondary: described(
    'For records without a header of the registry. With null such records are malformed.',
    nullable(inner),
  ),
  convert: nullable(valueFunction),
}

export const schemaShape: Shape<SchemaSpec> = named(
  'schema',
  variants(
    'type',
    {
      'simple-string': { charset: text },
      'byte-array': {},
      'type-information': { typeInfo: typeShape },
      'json-row': { typeInfo: rowTypeShape, failOnMissingField: bool, ignoreParseErrors: bool },
      'csv-row': {
        typeInfo: rowTypeShape,
        fieldDelimiter: text,
        lineDelimiter: text,
        arrayElementDelimiter: text,
        quoteCharacter: nullable(text),
        escapeCharacter: nullable(text),
        nullLiteral: nullable(text),
        allowComments: bool,
        ignoreParseErrors: bool,
      },
      avro: { schema: text, values: oneOf('row', 'generic'), convert: nullable(valueFunction) },
      'glue-avro': { ...glue, schema: text },
      'glue-json': { ...glue, schema: nullable(text), values: oneOf('carrier', 'value') },
      'kinesis-record': {},
      custom: { schema: valueFunction },
    },
    {
      'type-information': "Flink's own binary format.",
      avro: "Avro's binary format without a header. 'row' gives Flink's types, 'generic' Avro's.",
      'glue-json': "'carrier': values are {schema, payload}, two texts. 'value': the parsed payload.",
      'kinesis-record': 'For reading alone: whole records, with key, sequence number, arrival, stream and shard.',
      custom: 'A class with deserialize or serialize, or a function that makes such an object.',
    },
  ),
)
