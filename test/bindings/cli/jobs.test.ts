/** The commands that look at running jobs, each as a process of its own, against engines that are processes too. */
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'

import t from 'tap'
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'

import type { ShardRecords } from '../../../emulator/index.ts'
import { AGGREGATE_CASES } from '../../schemas/kpl/aggregate-cases.ts'
import { emulator, eventually, numbered, textsIn } from '../../core/fakes/jobs.ts'
import { machine } from './machine.ts'

t.test('Prometheus finds the metrics of a job of the bundle, on this machine alone', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(10))
  const free = net.createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as net.AddressInfo
  free.close()
  await machine(t).job(kinesis, 'measured', { 'metrics.reporter.prom.port': String(port) })
  await eventually(() => kinesis.recordCount('out') === 10)
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
  t.equal(answer.status, 200)
  t.match(await answer.text(), /millisBehindLatest\{[^}]*shardId="shardId-000000000000"\} \d+\n/)
  const listening = readFileSync('/proc/net/tcp', 'latin1').includes(`00000000:${port.toString(16).toUpperCase()}`)
  t.notOk(listening, 'on no other address')
})

t.test('ps, status and explain of a running job', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(1500))
  const { shardline, job } = machine(t)
  const nothing = await shardline('ps')
  t.match(nothing, { code: 0, stdout: '', stderr: 'No job of yours runs on this machine.\n' })
  t.match(await shardline('stop'), { code: 1, stderr: /no job of yours runs on this machine/ })
  const child = await job(kinesis, 'copy flights')
  await eventually(() => kinesis.recordCount('out') === 1500)

  const listed = await shardline('ps')
  t.equal(listed.code, 0, listed.stderr)
  const [header, row] = listed.stdout.split('\n')
  t.match(header, /^JOB +NAME +STATE +UPTIME +READ +WROTE +LAG +PID$/)
  t.match(row, new RegExp(`^[0-9a-f]{8} +copy flights +RUNNING +\\d+ s +1,500 +1,500 +\\d+ ms +${child.pid!}$`))
  const [json] = JSON.parse((await shardline('ps', '--json')).stdout) as { jobId: string }[]
  t.match(json, { name: 'copy flights', recordsRead: 1500, recordsWritten: 1500, pid: child.pid, program: null })

  const status = await shardline('status', json!.jobId.slice(0, 5))
  t.match(status.stdout, /^copy flights \([0-9a-f]{8}\) RUNNING for \d+ s\n/)
  t.match(status.stdout, /checkpoints +off\n/)
  t.match(status.stdout, /shards +2 read, /)
  t.match(JSON.parse((await shardline('status', '--json')).stdout), { state: 'RUNNING', metrics: { unreadShards: 0 } })

  kinesis.splitShard('flights', 'shardId-000000000001')
  let explained = await shardline('explain', 'copy flights')
  const until = Date.now() + 20_000
  while (!explained.stdout.includes('3 reading, 1 finished') && Date.now() < until)
    explained = await shardline('explain')
  t.match(explained, {
    code: 0,
    stdout: /\n {2}shardId-000000000001 .* all of its records were emitted\n {4}shardId-0000000/,
  })
  t.match(JSON.parse((await shardline('explain', '--json')).stdout), { shards: [{ endingHashKey: /^\d{38,39}$/ }] })

  t.match(await shardline('status', 'nobody'), {
    code: 2,
    stderr: /there is no job 'nobody'\.\n {2}[0-9a-f]{8} {2}copy f/,
  })
  t.match(await shardline('ps', 'x'), { code: 2, stderr: /unexpected argument 'x'/ })
})

t.test('a savepoint while it runs, a stop with one, a plain stop, and a stop now', async t => {
  const kinesis = await emulator(t)
  const { shardline, job, folder } = machine(t)
  const checkpoints = {
    'execution.checkpointing.interval': '50 ms',
    'execution.checkpointing.dir': path.join(folder, 'c'),
  }
  kinesis.put('flights', numbered(300))
  await job(kinesis, 'first')
  await eventually(() => kinesis.recordCount('out') === 300)

  const saved = await shardline('savepoint', 'first', './saved')
  t.equal(saved.code, 0, saved.stderr)
  t.match(saved.stdout, new RegExp(`^${path.join(folder, 'saved')}/savepoint-[^/]+\n$`), 'where the command was called')
  t.ok(existsSync(path.join(saved.stdout.trim(), '_metadata')))
  t.match(saved.stderr, /start the job with execution.state-recovery.path: /)

  const stopped = await shardline('stop', '--savepoint=saved')
  t.match(stopped, { code: 0, stderr: /^Job 'first' \([0-9a-f]{8}\) has ended, and all records are processed\.\n/ })
  t.ok(existsSync(path.join(stopped.stdout.trim(), '_metadata')), stopped.stdout)

  kinesis.put('flights', numbered(100, 'r', 100, 300))
  const child = await job(kinesis, 'second', { ...checkpoints, 'execution.state-recovery.path': stopped.stdout.trim() })
  await eventually(() => kinesis.recordCount('out') === 400)
  t.match((await shardline('status')).stdout, new RegExp(`restored +${stopped.stdout.trim()}\n`))
  const drained = await shardline('stop', 'second')
  t.match(drained, { code: 0, stdout: /\/c\/second\/chk-\d+\n$/ })
  t.same(new Set(textsIn(kinesis, 'out')).size, 400)
  t.equal(child.exitCode, null, 'the engine of an RPC client outlives its job')

  await job(kinesis, 'third')
  const ended = await shardline('stop', 'third', '--now')
  t.match(ended, { code: 0, stdout: '', stderr: /There is no checkpoint to continue from\.\n/ })
  t.match(await shardline('ps', '--json'), { stdout: '[]\n' })
})

t.test(
  'of several jobs one must be named; what dead processes left is removed; an engine that hangs is told',
  async t => {
    const kinesis = await emulator(t)
    const { shardline, job, sockets } = machine(t)
    const [first, second] = [await job(kinesis, 'one'), await job(kinesis, 'two')]
    t.match(await shardline('stop'), { code: 2, stderr: /2 jobs run here: name one of them\.\n.* one .*\n.* two / })
    const dead = new Promise(resolve => second.once('exit', resolve))
    second.kill('SIGKILL')
    await dead
    t.ok(readdirSync(sockets).includes(`${second.pid!}.sock`))
    t.match(await shardline('status'), { code: 0, stdout: /^one / })
    t.same(readdirSync(sockets), [`${first.pid!}.sock`])
    first.kill('SIGSTOP')
    const hanging = await shardline('ps')
    first.kill('SIGCONT')
    t.match(hanging, { code: 0, stdout: '', stderr: new RegExp(`Process ${first.pid!} does not answer`) })
  },
)

t.test('sockets in a directory that other users can write to are ignored', async t => {
  const { shardline, sockets } = machine(t)
  mkdirSync(sockets)
  const server = net.createServer().listen(path.join(sockets, '1.sock'))
  t.teardown(() => server.close())
  chmodSync(sockets, 0o777)
  t.match(await shardline('ps', '--json'), {
    code: 0,
    stdout: '[]\n',
    stderr: /other users can write to .*are ignored/,
  })
})

t.test('an alarm is exit code 3', async t => {
  const { shardline, sockets } = machine(t)
  mkdirSync(sockets, { mode: 0o700 })
  const answers: Record<string, unknown> = {
    initialize: {},
    'job/list': { pid: 1, program: null, jobs: [{ jobId: 'a'.repeat(32), name: 'sick', state: 'RUNNING' }] },
    'job/explain': {
      shards: [
        {
          stream: 's',
          shardId: 'x',
          parentShardIds: [],
          startingHashKey: '0',
          endingHashKey: '1',
          alarm: true,
          state: 'unread',
          reason: 'was given to no reader',
          sequenceNumber: null,
          millisBehindLatest: -1,
        },
      ],
    },
  }
  const server = net.createServer(socket => {
    const rpc = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket))
    rpc.onRequest(method => answers[method] ?? null)
    rpc.onError(() => undefined)
    rpc.listen()
  })
  server.listen(path.join(sockets, `${process.pid}.sock`))
  t.teardown(() => server.close())
  t.match(await shardline('explain'), {
    stderr: '',
    code: 3,
    stdout: /^sick \(aaaaaaaa\) RUNNING\nALARM: s x is not read: was given/,
  })
})

t.test('status and explain show what was left out of a shard', async t => {
  const kinesis = await emulator(t)
  const { shardline, job } = machine(t)
  const caseOf = (name: string): Buffer => AGGREGATE_CASES.find(c => c.name === name)!.data
  kinesis.put('flights', [
    { data: caseOf('of this shard and another'), partitionKey: 'p', explicitHashKey: '0' },
    { data: caseOf('a partition key with the index 7'), partitionKey: 'p', explicitHashKey: '0' },
    { data: Buffer.from('whole'), partitionKey: 'p', explicitHashKey: '0' },
  ])
  await job(kinesis, 'copy', { 'source.deaggregate': 'true', 'shardline.source.poison-records': 'skip' })
  await eventually(() => kinesis.recordCount('out') === 2)
  const losses = '2 user records dropped with their aggregates, 2 unreadable records skipped'
  t.match((await shardline('status')).stdout, new RegExp(`\n {2}left out +flights shardId-000000000000: ${losses}\n`))
  t.match((await shardline('explain')).stdout, new RegExp(`shardId-000000000000 .*; ${losses}\n`))
  t.match(JSON.parse((await shardline('explain', '--json')).stdout), {
    shards: [{ droppedUserRecords: 2, skippedRecords: 2, deadLetters: 0, expiredPositions: 0 }],
  })
})

t.test('a checkpoint is shown and rewound, and a job starts from the new one', async t => {
  const kinesis = await emulator(t, { streams: { flights: 1, out: 1 } })
  const { shardline, job, folder } = machine(t)
  const configuration = {
    'execution.checkpointing.interval': '50 ms',
    'execution.checkpointing.dir': path.join(folder, 'c'),
  }
  kinesis.put('flights', numbered(50))
  await job(kinesis, 'copy', configuration)
  await eventually(() => kinesis.recordCount('out') === 50)
  const { stdout } = await shardline('stop')
  const place = stdout.trim()
  const shown = await shardline('checkpoint', 'inspect', place)
  t.match(shown.stdout, new RegExp(`^${place}\n  checkpoint \\d+ of job 'copy' `))
  t.match(shown.stdout, /\n {4}shardId-000000000000 {2}after \d{56}, which arrived \d{4}-\d\d-\d\dT/)
  t.match(shown.stdout, /uid out, parallelism 1 of 128, nothing that was not sent\n/)
  const latest = await shardline('checkpoint', 'inspect', 'latest', '--job', 'copy', '--dir', 'c', '--json')
  t.match(JSON.parse(latest.stdout), {
    path: place,
    jobName: 'copy',
    operators: [{ state: { type: 'kinesis-source' } }, {}],
  })

  const metadata = readFileSync(path.join(place, '_metadata'))
  const [{ shardId, records }] = kinesis.records('flights') as [ShardRecords]
  const { sequenceNumber } = records[40]!
  const rewound = await shardline('checkpoint', 'rewind', place, '--to', `${shardId}=${sequenceNumber}`)
  t.equal(rewound.code, 0, rewound.stderr)
  t.match(rewound.stdout, new RegExp(`^${path.dirname(place)}/savepoint-[^/]+\n$`))
  t.match(
    rewound.stderr,
    new RegExp(`shardId-000000000000 +after \\.\\.\\d{12}, which arrived .*Z  from ${sequenceNumber}\n`),
  )
  t.same(readFileSync(path.join(place, '_metadata')), metadata)
  await job(kinesis, 'copy', { ...configuration, 'execution.state-recovery.path': rewound.stdout.trim() })
  await eventually(() => kinesis.recordCount('out') === 60)

  for (const [args, code, message] of [
    [['inspect'], 2, /name a checkpoint/],
    [['inspect', 'latest'], 2, /'latest' needs --job/],
    [['inspect', '/no/such'], 1, /no complete checkpoint at \/no\/such/],
    [['rewind', place], 2, /rewind takes --to/],
    [['rewind', place, '--to', '2000000000'], 2, /is in the future/],
    [['rewind', place, '--to', 'trim-horizon', '--operator', 'x'], 1, /no Kinesis source 'x'/],
    [['dance'], 2, /takes inspect, rewind, sign, list or prune, not 'dance'/],
    [['inspect', place, '--conf', 's3.secret-key hush'], 2, /--conf takes KEY=VALUE, not 's3.secret-key...'/],
  ] as const)
    t.match(await shardline('checkpoint', ...args), { code, stderr: message }, args.join(' '))
  writeFileSync(path.join(folder, 'x'), '')
  t.match(await shardline('checkpoint', 'rewind', place, '--to', 'trim-horizon', '--out', 'x'), {
    code: 1,
    stderr: /could not be written to/,
  })
})

t.test('two processes do not run one job in one directory; what a killed one left is taken over at once', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(20))
  const { job, shardline, folder } = machine(t)
  const configuration = {
    'execution.checkpointing.interval': '100 ms',
    'execution.checkpointing.dir': path.join(folder, 'c'),
  }
  const first = await job(kinesis, 'copy', configuration)
  await eventually(() => kinesis.recordCount('out') === 20)
  await eventually(() => readdirSync(path.join(folder, 'c', 'copy')).some(n => n.startsWith('chk-')))
  await t.rejects(job(kinesis, 'copy', configuration), {
    message: new RegExp(
      `A run of job 'copy' \\(.*, process ${first.pid} on host .* Stop that job, or give this one another name`,
    ),
  })
  const listed = await shardline('checkpoint', 'list', '--job', 'copy', '--dir', 'c')
  t.match(listed.stdout, new RegExp(`process ${first.pid} .* writes here`))
  first.kill('SIGKILL')
  // Its number may still be taken, by what it left for its parent to collect. 30 s of waiting would be more than this test has.
  const second = await job(kinesis, 'copy', { ...configuration, 'execution.state-recovery.path': 'latest' })
  kinesis.put('flights', numbered(5, 'more '))
  await eventually(() => textsIn(kinesis, 'out').filter(text => text.startsWith('more ')).length === 5)
  const after = await shardline('checkpoint', 'list', '--job', 'copy', '--dir', 'c')
  t.match(after.stdout, new RegExp(`process ${second.pid} .* writes here`))
})
