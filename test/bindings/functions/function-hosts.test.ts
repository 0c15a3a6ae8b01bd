import { chmodSync } from 'node:fs'
import path from 'node:path'

import t from 'tap'

import { FunctionHosts } from '../../../bindings/functions/function-hosts.ts'
import type { OpenFunction } from '../../../core/operators/function-runtime.ts'

const request: OpenFunction = {
  jobName: 'flights',
  taskName: 'Map',
  subtask: 0,
  parallelism: 1,
  maxParallelism: 128,
  attempt: 0,
  mode: 'process',
  keyed: false,
  timestamps: false,
  watermarks: false,
  restored: null,
  operators: [
    { id: 1, uid: null, name: 'Map', operation: 'map', pickle: '', input: 'text', output: 'text', deserializes: false },
  ],
}

t.test('without a Python program there is nobody to run a function', async t => {
  const hosts = new FunctionHosts(null, null)
  await t.rejects(hosts.open({ ...request, mode: 'thread' }), {
    code: 'GRAPH_INVALID',
    message: /'Map' is a Python function/,
  })
  await t.rejects(hosts.open(request), { code: 'GRAPH_INVALID', message: /names the interpreter/ })
})

t.test('a host that cannot be started, or ends at once, is a failure and not a hang', async t => {
  const dir = t.testdir({ dies: '#!/bin/sh\nexit 7\n' })
  chmodSync(path.join(dir, 'dies'), 0o755)
  for (const executable of ['/no/such/python', path.join(dir, 'dies')]) {
    const hosts = new FunctionHosts(null, { executable, environment: {} })
    await t.rejects(hosts.open(request), { code: 'FUNCTION_HOST_LOST', message: /that runs 'Map'/ })
    hosts.close()
  }
})

t.test('a host that says nothing is ended with the job', async t => {
  const dir = t.testdir({ silent: '#!/bin/sh\nexec sleep 600\n' })
  chmodSync(path.join(dir, 'silent'), 0o755)
  const hosts = new FunctionHosts(null, { executable: path.join(dir, 'silent'), environment: {} })
  const opening = hosts.open(request)
  hosts.close()
  await t.rejects(opening, { code: 'FUNCTION_HOST_LOST' })
})
