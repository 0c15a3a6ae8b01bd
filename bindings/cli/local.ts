/** `shardline local`: runs the Kinesis emulator in the foreground, for scripts, boto3, the AWS CLI and any SDK. */
import { parseArgs } from 'node:util'

import { KinesisEmulator } from '../../emulator/index.ts'
import { exitCodes, UsageError } from './exit-codes.ts'
import { messageOf } from '../../core/foundation/errors.ts'

const HELP = `Usage: shardline local [--port 4567] [--stream NAME[:SHARDS]]... [--region us-east-1] [--no-limits]

Starts an in-memory Kinesis emulator on 127.0.0.1 and prints the environment variables to export. Ctrl-C ends it.

  --port N            the port to listen on, or 0 for any free port (default: 4567)
  --stream NAME[:N]   create a stream with N shards (default: 1); can be repeated
  --region R          the region of the streams' ARNs (default: us-east-1)
  --no-limits         do not throttle. Without this option the quotas of the service apply
                      (for each shard 1000 records/s and 1 MiB/s of writes, 5 reads/s and 2 MiB/s of reads)

The emulator has every operation of the Kinesis clients of boto3 and the AWS SDKs, and supports Terraform's
aws_kinesis_stream (endpoints { kinesis = "http://127.0.0.1:4567" }). All data is lost when it ends. It has no KMS, S3,
CloudWatch or IAM: settings for encryption, channels, metrics and policies are stored and returned, but have no effect.
A request of more than 16 MiB is rejected with status 413.
`

export async function run(args: readonly string[]): Promise<number> {
  const values = parse(args)
  if (values.help) {
    process.stdout.write(HELP)
    return exitCodes.ok
  }
  const port = Number(values.port ?? 4567)
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new UsageError(`--port: '${values.port ?? ''}' is not a port.`)
  const streams = parseStreams(values.stream ?? [])
  let kinesis: KinesisEmulator
  try {
    const region = values.region === undefined ? {} : { region: values.region }
    kinesis = await KinesisEmulator.start({ port, streams, limits: !values['no-limits'], ...region })
  } catch (error) {
    const { message } = error as Error
    const hint = message.endsWith('the port is taken.') ? ' --port 0 takes any port that is free.' : ''
    process.stderr.write(`shardline: ${message}${hint}\n`)
    return exitCodes.failed
  }
  const lines = [
    `Kinesis is ready at ${kinesis.endpoint}${values['no-limits'] ? ', without limits' : ''}. Ctrl-C ends it.`,
    ...Object.keys(streams).map(name => `  ${kinesis.streamArn(name)}`),
    '',
    ...Object.entries(kinesis.environment()).map(([key, value]) => `export ${key}=${value}`),
  ]
  const ended = new Promise<void>(resolve => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  // Printed after the handlers are installed, because a reader of this line may send a signal at once.
  process.stdout.write(`${lines.join('\n')}\n`)
  await ended
  await kinesis.close()
  return exitCodes.ok
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        stream: { type: 'string', multiple: true },
        region: { type: 'string' },
        'no-limits': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}

function parseStreams(streams: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    streams.map(text => {
      const match = /^([a-zA-Z0-9_.-]{1,128})(?::(\d+))?$/.exec(text)
      const shards = Number(match?.[2] ?? 1)
      if (match === null || shards < 1) throw new UsageError(`--stream: '${text}' is not NAME or NAME:SHARDS.`)
      return [match[1]!, shards]
    }),
  )
}
