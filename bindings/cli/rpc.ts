/** `shardline rpc`: the control protocol on stdin and stdout; see bindings/stdio/README.md. */
import { createMessageConnection, StreamMessageWriter } from 'vscode-jsonrpc/node'

import { ControlSocket } from '../../core/control/control-socket.ts'
import { buildHash, engineVersion } from '../build-info.ts'
import { EngineServer } from '../stdio/engine-server.ts'
import { FrameMessageReader } from '../stdio/message-reader.ts'
import { keepStdoutClean } from '../stdio/stdout.ts'
import { exitCodes, UsageError } from './exit-codes.ts'

const HELP = `Usage: shardline rpc

Speaks JSON-RPC 2.0 with Content-Length frames on stdin and stdout. Logs go to stderr.
The first request is 'initialize'. docs/reference/rpc.md describes the methods, and schemas/job-graph.schema.json the job graph.
`

export function run(args: readonly string[]): Promise<number> {
  if (args[0] === '--help' || args[0] === '-h') {
    process.stdout.write(HELP)
    return Promise.resolve(exitCodes.ok)
  }
  if (args.length > 0) throw new UsageError(`rpc takes no arguments, but was given '${args.join(' ')}'.`)
  keepStdoutClean()
  return new Promise(resolve => {
    const writer = new StreamMessageWriter(process.stdout)
    const reader = new FrameMessageReader(process.stdin, refusal => writer.write(refusal).catch(() => undefined))
    const connection = createMessageConnection(reader, writer)
    const server = new EngineServer(connection, {
      functions: null,
      controlSocket: new ControlSocket({ program: null, build: { engineVersion, buildHash } }),
      exit: code => {
        resolve(code)
        process.exit(code)
      },
    })
    const end = (code: number): void => void server.drain().finally(() => process.exit(code))
    process.once('SIGINT', () => end(exitCodes.interrupted))
    process.once('SIGTERM', () => end(exitCodes.terminated))
  })
}
