/**
 * A graph that comes over a bridge is checked before anything is made of it: every key present, and of its kind. What the
 * values mean is checked where they are used. `schemas/job-graph.schema.json` says the same for other tools.
 */
import { maskedUrl } from '../../core/foundation/config/mask.ts'
import { GraphError } from '../../core/foundation/errors.ts'
import { JOB_GRAPH_VERSION } from '../../core/graph/job-graph.ts'
import { BASIC_TYPE_NAMES } from '../../core/foundation/type-spec.ts'

type Check = (value: unknown, path: string) => void

/** Values of options may be secrets, and objects may hold options. */
function shown(path: string, value: unknown): string {
  const isObject = (v: unknown): boolean => typeof v === 'object' && v !== null
  if (Array.isArray(value) ? value.some(isObject) : isObject(value))
    return Array.isArray(value) ? 'an array' : 'an object'
  if (/\['/.test(path)) return value === null ? 'null' : `a ${typeof value}`
  return JSON.stringify(typeof value === 'string' ? maskedUrl(value) : value).slice(0, 80)
}

function fail(path: string, expected: string, value: unknown): never {
  const found = value === undefined ? 'is missing' : `is ${shown(path, value)}`
  throw new GraphError(`The job graph is invalid: ${path} ${found}; it must be ${expected}.`)
}
const text: Check = (v, p) => {
  if (typeof v !== 'string') fail(p, 'a string', v)
}
const bool: Check = (v, p) => {
  if (typeof v !== 'boolean') fail(p, 'true or false', v)
}
const int: Check = (v, p) => {
  if (!Number.isSafeInteger(v)) fail(p, 'a whole number', v)
}
const nullable =
  (check: Check): Check =>
  (v, p) => {
    if (v !== null) check(v, p)
  }
const oneOf =
  (...values: readonly string[]): Check =>
  (v, p) => {
    if (!values.includes(v as string)) fail(p, `one of ${values.join(', ')}`, v)
  }
const list =
  (check: Check): Check =>
  (v, p) => {
    if (!Array.isArray(v)) return fail(p, 'an array', v)
    v.forEach((item, i) => check(item, `${p}[${i}]`))
  }
const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  (v, p) => {
    if (typeof v !== 'object' || v === null || Array.isArray(v)) return fail(p, 'an object', v)
    for (const [key, check] of Object.entries(fields))
      check((v as Record<string, unknown>)[key], p === '' ? key : `${p}.${key}`)
  }
const strings: Check = (v, p) => {
  record({})(v, p)
  for (const [key, value] of Object.entries(v as object)) text(value, `${p}['${key}']`)
}
/** Objects told apart by one field. */
const variants =
  (tag: string, shapes: Readonly<Record<string, Readonly<Record<string, Check>>>>): Check =>
  (v, p) => {
    record({ [tag]: oneOf(...Object.keys(shapes)) })(v, p)
    record(shapes[(v as Record<string, string>)[tag]!]!)(v, p)
  }
/** Of a type with fields each has a name and a type. */
const paired =
  (check: Check): Check =>
  (v, p) => {
    check(v, p)
    const { names, types } = v as { readonly names?: readonly string[]; readonly types?: readonly unknown[] }
    if (names !== undefined && names.length !== types?.length)
      fail(`${p}.names`, `as long as types, which has ${types?.length ?? 0}`, names)
  }

const payload = oneOf('text', 'bytes', 'pickle', 'object')
/** What nests within itself. */
const lazily =
  (check: () => Check): Check =>
  (v, p) =>
    check()(v, p)
const basicTypes = Object.fromEntries(BASIC_TYPE_NAMES.map(name => [name, {}]))
const type: Check = lazily(() => anyType)
const element = { element: type }
const fields = { names: list(text), types: list(type) }
const typeVariants = variants('type', {
  ...basicTypes,
  ROW: fields,
  RECORD: fields,
  TUPLE: { types: list(type) },
  UNION: { types: list(type) },
  LIST: element,
  BASIC_ARRAY: element,
  OBJECT_ARRAY: element,
  PRIMITIVE_ARRAY: element,
  MAP: { key: type, value: type },
})
const anyType = paired(typeVariants)
const rowType = paired(variants('type', { ROW: fields }))
const valueFunction = variants('type', { local: { localId: text }, module: { url: text, export: text } })
const glue = {
  schema: nullable(text),
  transportName: nullable(text),
  configs: record({}),
  secondary: nullable(lazily(() => schema)),
  convert: nullable(valueFunction),
}
const schema = variants('type', {
  'simple-string': { charset: text },
  'byte-array': {},
  'type-information': { typeInfo: type },
  'json-row': { typeInfo: rowType, failOnMissingField: bool, ignoreParseErrors: bool },
  'csv-row': {
    typeInfo: rowType,
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
  'glue-json': { ...glue, values: oneOf('carrier', 'value') },
  'kinesis-record': {},
  custom: { schema: valueFunction },
})
const inputs = list(record({ from: int, partitioning: nullable(oneOf('forward', 'rebalance', 'hash')) }))
const base = { id: int, uid: nullable(text), name: text, parallelism: nullable(int), maxParallelism: nullable(int) }

const deadLetters = variants('type', {
  file: { path: text },
  'kinesis-streams': { streamArn: nullable(text), streamName: nullable(text), configuration: strings },
  local: { localId: text },
  module: { url: text, export: text },
  python: { pickle: text },
})

const source = variants('type', {
  'kinesis-streams': {
    streamArn: nullable(text),
    streamName: nullable(text),
    configuration: strings,
    deserializationSchema: schema,
    deadLetters: nullable(deadLetters),
    shardAssigner: variants('type', {
      uniform: {},
      default: {},
      local: { localId: text },
      module: { url: text, export: text },
      python: { pickle: text },
    }),
    preserveShardOrder: bool,
  },
  collection: { values: list(text) },
})

const fn = variants('type', {
  python: { pickle: text, mode: oneOf('thread', 'process', 'driver') },
  module: { url: text, export: text },
  local: { localId: text },
})

/** What the writer of every sink goes by. */
const writer = {
  configuration: strings,
  serializationSchema: schema,
  deadLetters: nullable(deadLetters),
  failOnError: bool,
  maxBatchSize: int,
  maxInFlightRequests: int,
  maxBufferedRequests: int,
  maxBatchSizeInBytes: int,
  maxTimeInBufferMs: int,
  maxRecordSizeInBytes: int,
}
const sink = variants('type', {
  'kinesis-streams': {
    streamArn: nullable(text),
    streamName: nullable(text),
    partitionKeyGenerator: variants('type', {
      fixed: {},
      random: {},
      key_by: {},
      local: { localId: text },
      module: { url: text, export: text },
    }),
    ...writer,
  },
  'kinesis-firehose': { deliveryStreamName: text, ...writer },
  print: { identifier: nullable(text) },
  discard: {},
})

const watermarks = record({
  type: oneOf('none', 'monotonous', 'bounded-out-of-orderness'),
  maxOutOfOrdernessMs: nullable(int),
  idlenessMs: nullable(int),
  timestampAssigner: nullable(fn),
  alignment: nullable(record({ group: text, maxDriftMs: int, updateIntervalMs: int })),
})

const graphShape = record({
  name: text,
  configuration: strings,
  parallelism: nullable(int),
  maxParallelism: nullable(int),
  transformations: list(
    variants('kind', {
      source: { ...base, source, output: payload, watermarkStrategy: watermarks },
      function: {
        ...base,
        operation: oneOf('map', 'filter', 'flat_map', 'process', 'key_by', 'print', 'collect'),
        inputs,
        function: fn,
        output: payload,
        deserializesFor: nullable(int),
      },
      watermarks: { ...base, inputs, watermarkStrategy: watermarks, output: payload },
      sink: { ...base, inputs, sink },
    }),
  ),
})

/** @throws GraphError naming the path of the first thing that is wrong */
export function checkJobGraph(graph: unknown): void {
  record({ version: int })(graph, '')
  const { version } = graph as { version: number }
  if (version !== JOB_GRAPH_VERSION)
    throw new GraphError(`This engine runs job graphs of version ${JOB_GRAPH_VERSION}, not ${version}.`)
  graphShape(graph, '')
}

/** @throws GraphError naming the path of the first thing that is wrong */
export function checkSink(spec: unknown): void {
  sink(spec, 'sink')
}
