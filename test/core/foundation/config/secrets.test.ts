/**
 * A secret is fed through every option, as the password of a URL, and as the whole value where the option is a secret. It must
 * not come back: in errors as they cross a bridge, in warnings, in what a job tells of itself, in its checkpoints.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { inspect } from 'node:util'

import t from 'tap'

import { systemClock } from '../../../../core/foundation/clock.ts'
import type { ConfigOption } from '../../../../core/foundation/config/config-option.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { optionGroups } from '../../../../core/foundation/config/known-keys.ts'
import { toWireError } from '../../../../core/foundation/errors.ts'
import { networkOf } from '../../../../core/aws/http/network.ts'
import { GlueSchemaRegistryClient } from '../../../../core/aws/glue/glue-client.ts'
import { glueOptions, parseGlueConfigs } from '../../../../schemas/glue/glue-configs.ts'
import { graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../../fakes/graphs.ts'
import { emulator, jobOf, numbered, pointedAt } from '../../fakes/jobs.ts'

const SECRET = 'pA55w0rd'
const MISTYPED = `htp://me:${SECRET}@127.0.0.1:9/?token=${SECRET}`
const PROPER = `http://me:${SECRET}@127.0.0.1:9/`
const S3 = `s3://key:${SECRET}@bucket/state`

/** Names: they are shown, and no one takes them for secrets. */
const NAMES: ReadonlySet<string> = new Set(['pipeline.name'])

const provider = 'aws.credentials.provider'
/** Without these the value of the option would never be looked at. */
const companions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'source.init.timestamp': { 'source.init.position': 'AT_TIMESTAMP' },
  'source.init.timestamp.format': {
    'source.init.position': 'AT_TIMESTAMP',
    'source.init.timestamp': '2026-01-01T00:00:00Z',
  },
  'source.efo.consumer.name': { 'source.reader.type': 'EFO' },
  'metrics.reporter.prom.host': { 'metrics.reporter.prom.port': '0' },
  [`${provider}.basic.accesskeyid`]: { [provider]: 'BASIC' },
  [`${provider}.basic.secretkey`]: { [provider]: 'BASIC' },
  [`${provider}.profile.name`]: { [provider]: 'PROFILE' },
  [`${provider}.profile.path`]: { [provider]: 'PROFILE' },
  [`${provider}.custom.class`]: { [provider]: 'CUSTOM' },
  [`${provider}.webIdentityToken.file`]: { [provider]: 'WEB_IDENTITY_TOKEN', [`${provider}.role.arn`]: 'arn:a' },
  [`${provider}.role.stsEndpoint`]: { [provider]: 'ASSUME_ROLE', [`${provider}.role.arn`]: 'arn:a' },
  [`${provider}.role.arn`]: { [provider]: 'ASSUME_ROLE' },
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'))
}

const said = (error: unknown): string => `${JSON.stringify(toWireError(error))} ${inspect(error, { depth: 9 })}`

for (const { name, options } of optionGroups)
  t.test(`options of the group ${name} keep a secret`, async t => {
    const kinesis = await emulator(t)
    kinesis.put('flights', numbered(20))
    const run = async (option: ConfigOption<unknown>, value: string): Promise<string> => {
      const folder = t.testdir()
      const given = { ...companions[option.key], [option.key]: value }
      const configuration: Record<string, string> = {
        ...pointedAt(kinesis, {
          'shardline.source.stop-at': 'latest',
          'execution.checkpointing.interval': '10 ms',
          'execution.checkpointing.dir': folder,
          'restart-strategy.type': 'none',
          'retry-strategy.attempts.max': '1',
        }),
        ...given,
      }
      if (option.key.startsWith('s3.')) configuration['execution.checkpointing.dir'] = 's3://bucket/state'
      const heard: string[] = []
      try {
        const { job, statuses, warnings } = jobOf(
          t,
          graphOf(
            [
              sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }),
              sinkT(2, [1], { sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out') }) }),
            ],
            { parallelism: 1, configuration },
          ),
        )
        try {
          await job.start()
          await job.result()
        } catch (error) {
          heard.push(said(error))
        }
        heard.push(inspect([job, job.metrics(), job.explain(), job.checkpointDirectory], { depth: 9 }))
        heard.push(JSON.stringify(statuses), ...warnings)
      } catch (error) {
        heard.push(said(error))
      }
      return [...heard, ...filesBelow(folder)].join('\n')
    }
    for (const option of options) {
      if (NAMES.has(option.key)) continue
      // A local folder of this name would be a folder of this name.
      const isPlace = /dir$|recovery\.path$/.test(option.key)
      const values = option.secret ? [SECRET] : isPlace ? [MISTYPED, S3] : [MISTYPED, PROPER]
      for (const value of values) {
        const heard = await run(option, value)
        t.equal(
          heard.indexOf(SECRET),
          -1,
          `${option.key}: ${heard.slice(Math.max(0, heard.indexOf(SECRET) - 200)).slice(0, 250)}`,
        )
      }
    }
  })

t.test('options of the schema registry keep a secret', async t => {
  for (const option of Object.values(glueOptions) as ConfigOption<unknown>[])
    for (const value of [MISTYPED, PROPER]) {
      const heard: string[] = []
      try {
        const configs = { region: 'us-east-1', endpoint: 'http://127.0.0.1:9', [option.key]: value }
        const { client, warnings } = parseGlueConfigs(configs, 'AVRO') as ReturnType<typeof parseGlueConfigs> & {
          warnings?: readonly string[]
        }
        heard.push(...(warnings ?? []))
        const registry = new GlueSchemaRegistryClient(client, systemClock)
        t.teardown(() => registry.close())
      } catch (error) {
        heard.push(said(error))
      }
      t.notMatch(heard.join('\n'), new RegExp(SECRET), option.key)
    }
})

t.test('variables of the environment keep a secret', async t => {
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'AWS_CA_BUNDLE']) {
    const network = networkOf(new Configuration(), { [name]: MISTYPED })
    for (const use of [
      () => network.proxyFor(new URL('http://a.test')),
      () => network.proxyFor(new URL('https://a.test')),
      () => network.tls(),
    ])
      try {
        use()
      } catch (error) {
        t.notMatch(said(error), new RegExp(SECRET), name)
      }
  }
})
