// The ranks of the sources, from the ground up: a folder may import itself and the folders before it in this list. `npm run lint`
// checks this for every kind of import: of values, of types, and dynamic ones. It also refuses import circles between files.
export const RANKS = [
  'core/foundation', // errors, clock, log, configuration, record batch
  'core/foundation/config',
  'core/foundation/shape', // shapes of plain data: types, checks, JSON Schema
  'core/foundation/record-batch',
  'schemas/contracts', // what values and schemas are
  'schemas/kpl',
  'schemas/flink',
  'schemas/avro',
  'schemas/glue',
  'schemas',
  'core/graph', // the job graph
  'core/metrics',
  'core/event-time',
  'core/aws/http', // the only folders that open connections to AWS
  'core/aws/credentials',
  'core/aws/service',
  'core/aws/s3',
  'core/aws/glue',
  'core/aws/kinesis',
  'core/aws/firehose',
  'core/checkpoint',
  'core/operators/keyed-state',
  'core/operators', // what operators, sources and sinks are
  'core/operators/functions',
  'core/operators/process',
  'core/operators/source',
  'core/operators/sink',
  'core/operators/aggregations',
  'core/operators/time',
  'core/operators/remote',
  'core/connectors/async-sink',
  'core/connectors/partition-keys',
  'core/connectors/dead-letters',
  'core/connectors/entries',
  'core/connectors/collection',
  'core/connectors/print',
  'core/connectors/firehose',
  'core/connectors/kinesis', // descriptions of sources and sinks
  'core/connectors/kinesis/sink',
  'core/connectors/kinesis/source/split',
  'core/connectors/kinesis/source/emitter',
  'core/connectors/kinesis/source/enumerator',
  'core/connectors/kinesis/source/reader',
  'core/connectors/kinesis/source',
  'core/connectors/kinesis/positions', // of sources, in checkpoints
  'core/runtime', // the list of all kinds of operators
  'core/runtime/plan', // from the job graph to chains
  'core/runtime/exchange', // channels between subtasks
  'core/runtime/task', // one subtask
  'core/runtime/assembly', // operators from the plan
  'core/runtime/job', // attempts, restarts, the life of a job
  'core/control', // the socket by which other processes reach running jobs
  'core/api/types',
  'core/api/schemas',
  'core/api', // what programs import
  'core', // core/index.ts alone
  'bindings', // build information
  'bindings/functions/pickle', // pickles of values
  'bindings/functions', // functions in other processes
  'bindings/stdio', // JSON-RPC
  'bindings/cli',
]

/** The ranks of the emulator, likewise. */
export const EMULATOR_RANKS = [
  'emulator/encoding', // what only encodes
  'emulator/store', // streams, shards and records
  'emulator/protocol', // the wire formats of the service
  'emulator/faults',
  'emulator/operations',
  'emulator/requests',
  'emulator/service',
  'emulator/server',
]

/**
 * Files whose public classes name each other. Types may be imported in both directions, values only from the files before in the
 * list.
 */
export const GROUPS = [
  [
    'core/api/stream-context.ts',
    'core/api/connected-streams.ts',
    'core/api/data-stream.ts',
    'core/api/keyed-stream.ts',
    'core/api/stream-execution-environment.ts',
  ],
]
