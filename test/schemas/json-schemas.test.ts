/** The JSON Schemas say what the engine and the Python package really exchange and store. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

import {
  KinesisStreamsSink,
  KinesisStreamsSource,
  SimpleStringSchema,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from '../../core/index.ts'
import { KinesisEmulator } from '../../emulator/index.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const schema = (name: string): object => JSON.parse(readFileSync(path.join(root, 'schemas', name), 'utf8')) as object

function validator() {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
  for (const name of ['job-graph.schema.json', 'rpc.schema.json', 'checkpoint-metadata.schema.json'])
    ajv.addSchema(schema(name))
  return ajv
}

/** A typical script's graph as the Python package submits it, without an engine. */
const PYTHON_GRAPH = `
import json
from shardline.common import Configuration, SimpleStringSchema, Types, WatermarkStrategy
from shardline.datastream import StreamExecutionEnvironment, _graph
from shardline.datastream.connectors.kinesis import KinesisStreamsSink, KinesisStreamsSource, PartitionKeyGenerator
arn = "arn:aws:kinesis:us-east-1:000000000000:stream/in"
source = KinesisStreamsSource.builder().set_stream_arn(arn).set_deserialization_schema(SimpleStringSchema()).build()
sink = (KinesisStreamsSink.builder().set_stream_name("out").set_serialization_schema(SimpleStringSchema())
    .set_kinesis_client_properties({"aws.region": "us-east-1"}).set_partition_key_generator(PartitionKeyGenerator.fixed()).build())
env = StreamExecutionEnvironment()
stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "in", type_info=Types.STRING())
stream.map(len).filter(bool).print()
stream.map(str.upper, output_type=Types.STRING()).sink_to(sink)
env.from_collection([1, 2]).print("id")
print(json.dumps(_graph.build("job", env._transformations, env._configuration.to_dict(), 2, None)))
`

t.test('a graph of every kind of transformation is valid, and one without a key is not', async t => {
  const validate = validator().getSchema('job-graph.schema.json')!
  const base = { uid: null, parallelism: null, maxParallelism: null }
  const watermarkStrategy = {
    type: 'none',
    maxOutOfOrdernessMs: null,
    idlenessMs: null,
    timestampAssigner: null,
    alignment: null,
  }
  const graph = {
    version: 2,
    name: 'all',
    configuration: { 'parallelism.default': '2' },
    parallelism: null,
    maxParallelism: null,
    transformations: [
      {
        ...base,
        id: 1,
        name: 'c',
        kind: 'source',
        inputs: [],
        source: { type: 'collection', values: ['a'] },
        output: 'text',
        watermarkStrategy,
      },
      {
        ...base,
        id: 2,
        name: 'm',
        kind: 'map',

        inputs: [{ from: 1, tag: null, input: 0, partitioner: null }],
        function: { type: 'module', url: 'file:///m.mjs', export: 'f' },
        output: 'object',
        deserializesFor: null,
      },
      {
        ...base,
        id: 3,
        name: 'p',
        kind: 'sink',
        inputs: [{ from: 2, tag: null, input: 0, partitioner: { type: 'rebalance' } }],
        sink: { type: 'print', identifier: null },
      },
    ],
  }
  t.ok(validate(graph), JSON.stringify(validate.errors))
  const { parallelism: _, ...without } = graph
  t.notOk(validate(without))
})

t.test('the messages that carry the graph name the same schema', async t => {
  const validate = validator().getSchema('rpc.schema.json#/$defs/job~1submit.params')!
  const graph = {
    version: 2,
    name: 'empty',
    configuration: {},
    parallelism: null,
    maxParallelism: null,
    transformations: [],
  }
  t.ok(validate({ graph, attempt: 0, driver: null }), JSON.stringify(validate.errors))
  t.notOk(validate({ graph: { ...graph, version: 1 }, attempt: 0, driver: null }))
})

t.test('the metadata of a checkpoint that a job has written is valid', async t => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'shardline-schema-'))
  const kinesis = await KinesisEmulator.start({ port: 0, streams: { in: 2, out: 1 }, limits: false })
  t.teardown(async () => {
    await kinesis.close()
    rmSync(directory, { recursive: true, force: true })
  })
  Object.assign(process.env, kinesis.environment())
  kinesis.put('in', [{ data: 'one', partitionKey: 'k' }])
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ 'execution.checkpointing.dir': directory })
  env.enableCheckpointing(60_000)
  const source = KinesisStreamsSource.builder()
    .setStreamArn(kinesis.streamArn('in'))
    .setDeserializationSchema(new SimpleStringSchema())
    .setSourceConfig({ 'source.init.position': 'TRIM_HORIZON', 'shardline.source.stop-at': 'latest' })
    .build()
  const sink = KinesisStreamsSink.builder()
    .setStreamArn(kinesis.streamArn('out'))
    .setSerializationSchema(new SimpleStringSchema())
    .build()
  env.fromSource(source, WatermarkStrategy.noWatermarks(), 'in').sinkTo(sink)
  const { checkpointPath } = await env.execute('schema')
  const validate = validator().getSchema('checkpoint-metadata.schema.json')!
  t.ok(
    validate(JSON.parse(readFileSync(path.join(checkpointPath!, '_metadata'), 'utf8'))),
    JSON.stringify(validate.errors),
  )
})

t.test('the graph that the Python package builds is valid', async t => {
  const graph: unknown = JSON.parse(
    execFileSync(path.join(root, '.venv/bin/python'), ['-c', PYTHON_GRAPH], { encoding: 'utf8' }),
  )
  const validate = validator().getSchema('job-graph.schema.json')!
  t.ok(validate(graph), JSON.stringify(validate.errors))
  t.ok((graph as { transformations: unknown[] }).transformations.length > 5)
})
