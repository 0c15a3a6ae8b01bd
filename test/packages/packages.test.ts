import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import t from 'tap'

import { KinesisEmulator } from '../../emulator/index.ts'
import { checkoutPython, emptyFolder, makePackages, pinnedVersions, root, run } from './published.ts'
import type { Ended, Packages, Teardown } from './published.ts'

const out = emptyFolder(t)
const packages: Packages = await makePackages(out)
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
const lines = ({ stdout }: Ended): string[] => stdout.trim().split('\n')
const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')

t.test('the same sources give the same bytes', async t => {
  const again = await makePackages(emptyFolder(t))
  t.equal(path.basename(again.tarball), `shardline-${version}.tgz`)
  t.equal(path.basename(again.wheel), `shardline-${version}-py3-none-any.whl`)
  t.equal(hashOf(again.tarball), hashOf(packages.tarball))
  t.equal(hashOf(again.wheel), hashOf(packages.wheel))
})

t.test('the tarball holds the library, the command, the schemas and the documents, and nothing else', async t => {
  const files = lines(await run('tar', ['tzf', packages.tarball], { cwd: out })).map(f => f.replace(/^package\//, ''))
  const belongs =
    /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|bindings\/stdio\/README\.md|THIRD-PARTY-NOTICES\.md|dist\/engine\/(bin|shardline)\.mjs|dist\/engine\/chunks\/[\w-]+\.mjs|schemas\/[a-z-]+(\.schema)?\.json|docs\/.+\.(md|svg|png)|dist\/(core|emulator|schemas)\/.+\.(js|d\.ts))$/
  t.same(
    files.filter(f => !belongs.test(f)),
    [],
  )
  for (const file of [
    'LICENSE',
    'THIRD-PARTY-NOTICES.md',
    'dist/core/index.js',
    'dist/core/index.d.ts',
    'dist/emulator/index.js',
    'dist/engine/bin.mjs',
    'dist/engine/shardline.mjs',
    'schemas/options.json',
  ])
    t.ok(files.includes(file), file)
})

t.test(
  'the wheel holds the package, the engine, the options, the build and the licences, and nothing else',
  async t => {
    const names = 'import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep="\\n")'
    const files = lines(await run(checkoutPython, ['-c', names, packages.wheel], { cwd: out }))
    const belongs =
      /^(shardline\/(.+\.py|py\.typed|_build\.json|_options\.json|_absent_names\.json|_engine\/shardline\.mjs|_engine\/chunks\/[\w-]+\.mjs)|shardline-[^/]+\.dist-info\/(METADATA|WHEEL|RECORD|entry_points\.txt|licenses\/(LICENSE|THIRD-PARTY-NOTICES\.md)))$/
    t.same(
      files.filter(f => !belongs.test(f)),
      [],
    )
    for (const file of ['py.typed', '_build.json', '_options.json', '_engine/shardline.mjs'])
      t.ok(files.includes(`shardline/${file}`), file)
    t.ok(files.includes(`shardline-${version}.dist-info/licenses/THIRD-PARTY-NOTICES.md`))
  },
)

t.test('every package that the library imports is a dependency, and the AWS SDK is one exact version', async t => {
  const { dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  for (const [name, range] of Object.entries(dependencies))
    if (name.startsWith('@aws-sdk/')) t.match(range, /^\d+\.\d+\.\d+$/, name)
  const files = lines(await run('tar', ['xzvf', packages.tarball], { cwd: emptyInOut('unpacked') }))
  const imported = files
    .filter(f => /dist\/(core|emulator|schemas)\/.*\.(js|d\.ts)$/.test(f))
    .flatMap(f => [
      ...readFileSync(path.join(out, 'unpacked', f), 'utf8').matchAll(
        /(?:\bfrom |\bimport\()'((?:@[^/']+\/)?[^./'][^/']*)[^']*'/g,
      ),
    ])
    .map(match => match[1]!)
    .filter(name => !name.startsWith('node:'))
  t.same([...new Set(imported)].sort(), Object.keys(dependencies).sort())
})

function emptyInOut(name: string): string {
  const folder = path.join(out, name)
  mkdirSync(folder)
  return folder
}

/** 200 numbers in, the same with an exclamation mark out. */
async function kinesisWithNumbers(t: Teardown): Promise<KinesisEmulator> {
  const kinesis = await KinesisEmulator.start({ port: 0, streams: { numbers: 2, shouted: 1 }, limits: false })
  t.teardown(() => kinesis.close())
  kinesis.put(
    'numbers',
    Array.from({ length: 200 }, (_, i) => ({ data: String(i), partitionKey: `key-${i % 7}` })),
  )
  return kinesis
}

const shouted = (kinesis: KinesisEmulator): string[] =>
  kinesis
    .records('shouted')
    .flatMap(shard => shard.records)
    .map(record => Buffer.from(record.data).toString())
    .sort()
const expected = Array.from({ length: 200 }, (_, i) => `${i}!`).sort()

const pythonJob = (source: string): string => `
import os, sys
from pyflink.common import Configuration, SimpleStringSchema, Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.kinesis import KinesisStreamsSink, KinesisStreamsSource, PartitionKeyGenerator

env = StreamExecutionEnvironment.get_execution_environment()
source = (
    KinesisStreamsSource.builder().set_stream_arn(${JSON.stringify(source)})
    .set_source_config(Configuration().set_string("source.init.position", "TRIM_HORIZON"))
    .set_deserialization_schema(SimpleStringSchema()).build()
)
sink = (
    KinesisStreamsSink.builder().set_stream_name("shouted").set_serialization_schema(SimpleStringSchema())
    .set_kinesis_client_properties({"aws.region": "us-east-1"})
    .set_partition_key_generator(PartitionKeyGenerator.random()).build()
)
numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.STRING())
numbers.map(lambda n: n + "!", Types.STRING()).sink_to(sink)
env.execute("shout")

import shardline
from shardline._bridge import engine
print(os.path.dirname(shardline.__file__))
print(engine.find().engine)
`

const nodeJob = (source: string): string => `
import { KinesisStreamsSink, KinesisStreamsSource, SimpleStringSchema, StreamExecutionEnvironment, WatermarkStrategy } from 'shardline'
import { KinesisEmulator } from 'shardline/testing'

const own = await KinesisEmulator.start({ port: 0, streams: { own: 1 } })
own.put('own', [{ data: 'x', partitionKey: 'k' }])
if (own.recordCount('own') !== 1) throw new Error('shardline/testing does not keep records')
await own.close()

const env = StreamExecutionEnvironment.getExecutionEnvironment()
const source = KinesisStreamsSource.builder()
  .setStreamArn('${source}')
  .setSourceConfig({ 'source.init.position': 'TRIM_HORIZON', 'shardline.source.stop-at': 'latest' })
  .setDeserializationSchema(new SimpleStringSchema())
  .build()
const sink = KinesisStreamsSink.builder().setStreamName('shouted').setSerializationSchema(new SimpleStringSchema()).build()
env.fromSource(source, WatermarkStrategy.noWatermarks(), 'numbers').map(n => n + '!').sinkTo(sink)
const result = await env.execute('shout')
console.log(result.state)
`

t.test('installed with pip in an empty place, and with npm in another', async t => {
  const environment = emptyFolder(t)
  const folder = emptyFolder(t)
  const bin = (name: string): string => path.join(environment, 'bin', name)

  await t.test('the wheel runs a job from Kinesis to Kinesis', async t => {
    const made = await run(checkoutPython, ['-m', 'venv', environment], { cwd: folder })
    t.equal(made.code, 0, made.stderr)
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    const pinned = ['--require-hashes', '-r', path.join(root, 'python/requirements/runtime.txt')]
    // Its dependencies are there already, so that nothing else is looked for.
    for (const what of [pinned, ['--no-index', packages.wheel]]) {
      const installed = await run(bin('python'), [...pip, ...what], { cwd: folder })
      t.equal(installed.code, 0, installed.stderr)
    }

    const kinesis = await kinesisWithNumbers(t)
    writeFileSync(path.join(folder, 'job.py'), pythonJob(kinesis.streamArn('numbers')))
    const args = ['run', '--stop-at', 'latest', 'job.py']
    const ended = await run(bin('shardline'), args, { cwd: folder, env: kinesis.environment() })
    t.match(ended, { code: 0, stderr: '' })
    t.same(shouted(kinesis), expected)
    const [packageFolder, engine] = lines(ended)
    t.ok(packageFolder!.startsWith(environment) && engine!.startsWith(environment), ended.stdout)
    t.notOk(existsSync(path.join(folder, '.shardline')), 'nothing is left in the folder')
  })

  await t.test('the wheel has the other commands too', async t => {
    const { code, stdout, stderr } = await run(bin('shardline'), ['local', '--help'], { cwd: folder })
    t.equal(code, 0, stderr)
    t.match(stdout, /Usage: shardline local/)
  })

  await t.test('the tarball runs a job of the TypeScript API', async t => {
    const project = { name: 'empty', private: true, type: 'module', overrides: pinnedVersions() }
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify(project))
    const npm = ['install', '--no-audit', '--no-fund', '--prefer-offline', packages.tarball]
    const installed = await run('npm', npm, { cwd: folder })
    t.equal(installed.code, 0, installed.stderr)
    const kinesis = await kinesisWithNumbers(t)
    writeFileSync(path.join(folder, 'job.mjs'), nodeJob(kinesis.streamArn('numbers')))
    const ended = await run(process.execPath, ['job.mjs'], { cwd: folder, env: kinesis.environment() })
    t.match(ended, { code: 0, stdout: 'FINISHED\n', stderr: '' })
    t.same(shouted(kinesis), expected)
  })

  await t.test('its types are understood by a program that checks them all', async t => {
    writeFileSync(
      path.join(folder, 'job.ts'),
      nodeJob('arn:aws:kinesis:us-east-1:000000000000:stream/numbers').replace("n + '!'", 'n.toUpperCase()'),
    )
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
    const options = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--module',
      'nodenext',
      '--target',
      'es2023',
    ]
    const types = ['--types', 'node', '--typeRoots', path.join(root, 'node_modules/@types')]
    const checked = await run(process.execPath, [tsc, ...options, ...types, 'job.ts'], { cwd: folder })
    t.equal(checked.code, 0, checked.stdout)
  })

  await t.test('npx shardline says its version, and runs scripts with the Python that has the wheel', async t => {
    const told = await run('npx', ['shardline', '--version'], { cwd: folder })
    t.equal(told.code, 0, told.stderr)
    t.match(told.stdout, new RegExp(`^shardline ${version} \\(build [0-9a-f]{12}\\), Node `))
    const kinesis = await kinesisWithNumbers(t)
    const args = ['shardline', 'run', '--python', bin('python'), '--stop-at', 'latest', 'job.py']
    const ended = await run('npx', args, { cwd: folder, env: kinesis.environment() })
    t.equal(ended.code, 0, ended.stderr)
    t.same(shouted(kinesis), expected)
  })
})
