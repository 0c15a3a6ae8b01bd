/**
 * Amazon's Java SDK, asynchronous as Flink and the KCL use it, against the emulator. It needs Java 17, Maven and a registry,
 * so it runs only where SHARDLINE_TEST_JAVA is set.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import t from 'tap'

import { KinesisEmulator } from '../../emulator/index.ts'

const project = fileURLToPath(new URL('../../../test/interop/java', import.meta.url))
const wanted = process.env['SHARDLINE_TEST_JAVA'] !== undefined
const run = promisify(execFile)

t.test(
  'the Java SDK reads a shard to its end, and gets an exception event (opt-in: SHARDLINE_TEST_JAVA=1)',
  { skip: wanted ? false : 'SHARDLINE_TEST_JAVA is not set', timeout: 170_000 },
  async t => {
    const libraries = await mkdtemp(path.join(os.tmpdir(), 'shardline-java-'))
    t.teardown(() => rm(libraries, { recursive: true, force: true }))
    const copy = ['-q', '-B', '-f', path.join(project, 'pom.xml'), 'dependency:copy-dependencies']
    await run('mvn', [...copy, `-DoutputDirectory=${libraries}`], { timeout: 120_000 })

    const kinesis = await KinesisEmulator.start({ streams: { flights: 1 }, emptyEventIntervalMs: 100 })
    t.teardown(() => kinesis.close())
    const { Consumer: consumer } = (await kinesis.call('RegisterStreamConsumer', {
      StreamARN: kinesis.streamArn('flights'),
      ConsumerName: 'app',
    })) as { Consumer: { ConsumerARN: string } }
    kinesis.put('flights', [{ data: 'ä', partitionKey: 'ü' }])
    const [child] = kinesis.splitShard('flights', 'shardId-000000000000')
    kinesis.faults.inject({
      operation: 'SubscribeToShard',
      shardId: child!,
      fault: { kind: 'event-error', name: 'ResourceNotFoundException', afterEvents: 2 },
    })
    const java = ['-cp', `${libraries}/*`, '-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8']
    const args = [kinesis.endpoint, consumer.ConsumerARN, 'shardId-000000000000', child!]
    const { stdout } = await run('java', [...java, path.join(project, 'Subscribe.java'), ...args], { timeout: 60_000 })
    t.same(stdout.trim().split('\n'), [
      'subscribe shardId-000000000000',
      'event ü=ä child shardId-000000000001 child shardId-000000000002 last',
      'end',
      'subscribe shardId-000000000001',
      'event',
      'event',
      'ResourceNotFoundException',
    ])
    t.match(kinesis.requests.recent('SubscribeToShard'), [{ httpVersion: '2' }, { httpVersion: '2' }])
  },
)
