import t from 'tap'

import { decodeLease, encodeLease } from '../../../core/checkpoint/lease-store.ts'

const holder = {
  runId: '0123456789abcdef',
  jobName: 'flights',
  host: 'here',
  machine: 'boot pid:[1]',
  pid: 7,
  processStarted: '12345',
  sinceMs: 1_769_860_800_000,
  restoredFrom: null,
}

t.test('version 1 of a lease is this document', async t => {
  t.equal(
    encodeLease(holder, { heartbeat: 3 }),
    `{
 "format": "shardline-lease",
 "version": 1,
 "runId": "0123456789abcdef",
 "jobName": "flights",
 "host": "here",
 "machine": "boot pid:[1]",
 "pid": 7,
 "processStarted": "12345",
 "sinceMs": 1769860800000,
 "restoredFrom": null,
 "heartbeat": 3
}
`,
  )
  t.match(decodeLease(encodeLease(holder, { released: true })), { ...holder, released: true })
})

t.test('what is no lease, or one of a later version, has no holder', async t => {
  for (const text of ['', '{', 'null', '{"format":"other","version":1}', '{"format":"shardline-lease","version":2}'])
    t.equal(decodeLease(text), null, text)
})
