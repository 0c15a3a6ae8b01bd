import * as sdk from '@aws-sdk/client-kinesis'
import t from 'tap'

import { operations } from '../../../emulator/operations/operations.ts'

t.test('every operation of the stock AWS client is there', async t => {
  const commands = Object.keys(sdk)
    .filter(name => name.endsWith('Command') && name !== '$Command')
    .map(name => name.slice(0, -'Command'.length))
  t.ok(commands.length > 40)
  t.same(
    commands.filter(name => !operations.has(name)),
    [],
  )
})
