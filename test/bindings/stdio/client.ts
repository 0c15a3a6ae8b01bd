/** A client of the control protocol and an engine in one process, and a check of messages against the protocol's JSON Schema. */
import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'

import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Test } from 'tap'
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'
import type { MessageConnection } from 'vscode-jsonrpc/node'

import { EngineServer } from '../../../bindings/stdio/engine-server.ts'
import type { FinishedNotification, StatusNotification } from '../../../bindings/stdio/driver-protocol.ts'
import type { JobGraph } from '../../../core/graph/job-graph.ts'

/** Whether a message is what the JSON Schema of the protocol says. */
export function checkMessage(t: Test, name: string, message: unknown): void {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
  const root = new URL('../../../../schemas/', import.meta.url)
  for (const file of ['job-graph.schema.json', 'rpc.schema.json'])
    ajv.addSchema(JSON.parse(readFileSync(new URL(file, root), 'utf8')) as object)
  const validate = ajv.getSchema(`rpc.schema.json#/$defs/${name.replaceAll('/', '~1')}`)!
  t.ok(validate(message), `${name}: ${JSON.stringify(validate.errors)}`)
}

export interface Client {
  readonly connection: MessageConnection
  readonly statuses: StatusNotification[]
  readonly finished: FinishedNotification[]
  readonly lines: string[]
  readonly logs: string[]
  readonly exits: number[]
  request<R>(method: string, params: unknown): Promise<R>
  /** The client's end of the wire is cut. */
  hangUp(): void
}

/** A client and an engine in one process, over two pipes. */
export function connected(t: Test): Client {
  const [up, down] = [new PassThrough(), new PassThrough()]
  const exits: number[] = []
  const server = createMessageConnection(new StreamMessageReader(up), new StreamMessageWriter(down))
  new EngineServer(server, { functions: null, exit: code => exits.push(code) })
  const connection = createMessageConnection(new StreamMessageReader(down), new StreamMessageWriter(up))
  const client: Client = {
    connection,
    statuses: [],
    finished: [],
    lines: [],
    logs: [],
    exits,
    request: (method, params) => connection.sendRequest(method, params),
    hangUp: () => up.end(),
  }
  connection.onNotification('job/status', (s: StatusNotification) => void client.statuses.push(s))
  connection.onNotification('job/finished', (f: FinishedNotification) => void client.finished.push(f))
  connection.onNotification('job/print', ({ lines }: { lines: string[] }) => void client.lines.push(...lines))
  connection.onNotification('log', ({ message }: { message: string }) => void client.logs.push(message))
  connection.listen()
  t.teardown(() => {
    connection.dispose()
    up.end()
  })
  return client
}

export const hello = { protocolVersion: 1, clientName: 'test', clientVersion: '0', clientPid: null, buildHash: null }

export async function initialized(t: Test): Promise<Client> {
  const client = connected(t)
  await client.request('initialize', hello)
  return client
}

export const submit = (
  client: Client,
  graph: JobGraph,
): Promise<{ jobId: string; checkpointDirectory: string | null }> =>
  client.request('job/submit', { graph, attempt: 0, driver: null })
