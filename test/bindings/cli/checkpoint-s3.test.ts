import { spawn } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import t from 'tap'

import { openCheckpointStorage } from '../../../core/checkpoint/checkpoint-storage.ts'
import { Configuration } from '../../../core/foundation/config/configuration.ts'
import { writeEnumeratorState } from '../../../core/connectors/kinesis/source/enumerator/enumerator-state.ts'
import { splitsOf } from '../../../core/connectors/kinesis/positions/source-state.ts'
import { writeSplits } from '../../../core/connectors/kinesis/source/split/split-state.ts'
import { checkpointOf, operatorCheckpoint } from '../../core/fakes/checkpoints.ts'
import { startMoto } from '../../core/fakes/moto.ts'
import { splitOf } from '../../core/fakes/splits.ts'

const engineFile = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../engine/shardline.mjs')

function shardline(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [engineFile, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    t.teardown(() => child.kill('SIGKILL'))
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}

t.test('a checkpoint in S3 is shown, and rewound beside itself', async t => {
  const moto = await startMoto(t)
  const authorization =
    'AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0'
  await fetch(`${moto.url}/state`, { method: 'PUT', headers: { authorization } })
  const options = {
    's3.endpoint': moto.url,
    's3.path.style.access': 'true',
    's3.access-key': 'AKID',
    's3.secret-key': 'hush',
  }
  const configuration = new Configuration(options)
  const storage = openCheckpointStorage('s3://state/jobs', 'flights', configuration)
  const split = splitOf({ position: { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '5' }, lastArrivalMs: 2000 })
  const shards = [{ split, status: 'ASSIGNED' }] as const
  const source = operatorCheckpoint({
    operatorId: 'source',
    parallelism: 1,
    enumerator: writeEnumeratorState({ streamArn: split.streamArn, creationTimeMs: 1, shards }),
    subtasks: [writeSplits([split])],
  })
  const place = await storage.store(checkpointOf({ operators: [source, operatorCheckpoint()] }))
  const conf = Object.entries(options).flatMap(([key, value]) => ['--conf', `${key}=${value}`])

  const shown = await shardline(
    'checkpoint',
    'inspect',
    'latest',
    '--job',
    'flights',
    '--dir',
    's3://state/jobs',
    ...conf,
  )
  t.match(shown.stdout, /^s3:\/\/state\/jobs\/flights\/chk-1\n/, shown.stderr)
  t.match(shown.stdout, /after 5, which arrived 1970-01-01T00:00:02.000Z\n/)

  const refused = await shardline('checkpoint', 'rewind', place, '--to', '1', ...conf)
  t.match(refused, { code: 1, stdout: '', stderr: /State of 'Sink: Kinesis' \(sink, \d+ bytes\).*--drop-state/ })
  const { code, stdout, stderr } = await shardline('checkpoint', 'rewind', place, '--to', '1', '--drop-state', ...conf)
  t.equal(code, 0, stderr)
  t.match(stdout, /^s3:\/\/state\/jobs\/flights\/savepoint-[^/]+\n$/)
  t.match(stderr, /State of 'Sink: Kinesis' was left out\.\n/)
  const { checkpoint } = await storage.load(stdout.trim())
  t.match(splitsOf(checkpoint.operators[0]!), [{ position: { type: 'AT_TIMESTAMP', timestampMs: 1000 } }])
})
