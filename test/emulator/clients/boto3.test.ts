import { execFile } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import t from 'tap'

import { SystemClock } from '../../../emulator/index.ts'
import { emulator } from '../harness.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

t.test('boto3 calls every operation that it has, and gets the answers of the service', async t => {
  const kinesis = await emulator(t, { clock: new SystemClock(), emptyEventIntervalMs: 200, limits: false })
  const { stdout } = await promisify(execFile)(
    path.join(root, '.venv/bin/python'),
    [path.join(root, 'test/emulator/clients/boto3_client.py'), kinesis.endpoint],
    { timeout: 60_000, env: { ...process.env, AWS_EC2_METADATA_DISABLED: 'true' } },
  )
  t.equal(stdout, 'done\n')
  t.same(kinesis.subscriptions(), [])
})
