// Operations on the records of queues: receive and acknowledge records, change their visibility timeouts, and restore dead
// letters. A receive waits until a record is visible, by the emulator's clock.
import { invalidArgument, KinesisError, resourceNotFound } from '../errors.ts'
import { recordMembers } from '../protocol/get-records-output.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import type { Account } from '../store/account.ts'
import type { Delivery, Queue, ReceivedRecord } from '../store/queue.ts'
import type { Answer, Call, Operation } from './operation.ts'
import { answer } from './operation.ts'
import { deliveringQueueOf, MAX_VISIBILITY_SECONDS } from './queues.ts'
import { queueOf } from './resource.ts'

const MAX_ENTRIES = 10
const MAX_WAIT_SECONDS = 20
const DEFAULT_WAIT_SECONDS = 9

const target = (call: Call): { stream: string } => ({ stream: queueOf(call).stream.name })

/** @param dead Whether the operation receives the dead letters of the queue or its other records. */
export const receiveRecords = (dead: boolean): Operation => ({
  target,
  run: async call => {
    const { account, input } = call
    const limit = input.optionalInteger('Limit', 1, MAX_ENTRIES) ?? MAX_ENTRIES
    const waitSeconds = input.optionalInteger('WaitTimeSeconds', 1, MAX_WAIT_SECONDS) ?? DEFAULT_WAIT_SECONDS
    const visibilitySeconds = input.optionalInteger('VisibilityTimeoutSeconds', 0, MAX_VISIBILITY_SECONDS)
    const untilMs = account.clock.now() + waitSeconds * 1000
    for (;;) {
      const queue = deliveringQueueOf(call)
      const nowMs = account.clock.now()
      const visibilityMs = (visibilitySeconds ?? queue.attributes.visibilityTimeoutSeconds) * 1000
      const received = queue.receive(limit, visibilityMs, nowMs, dead)
      if (received.length > 0 || nowMs >= untilMs) return recordsAnswer(account, queue, received)
      await changeOf(account, queue, Math.min(untilMs, queue.nextVisibleMs(nowMs)))
    }
  },
})

export const acknowledgeRecords = (dead: boolean): Operation =>
  eachEntry(dead, (queue, recordId) => queue.acknowledge(recordId))

export const updateRecordsVisibility = (dead: boolean): Operation =>
  eachEntry(
    dead,
    (_, __, delivery, { nowMs, visibilitySeconds }) => {
      delivery.visibleMs = nowMs + visibilitySeconds * 1000
    },
    { withVisibility: true },
  )

export const restoreRecords: Operation = eachEntry(true, (_, __, delivery, { nowMs }) => {
  delivery.dead = false
  delivery.receiveCount = 0
  delivery.visibleMs = nowMs
})

interface EntryContext {
  readonly nowMs: number
  readonly visibilitySeconds: number
}

/** Makes an operation on receipt handles. Each entry of a request succeeds or fails on its own. */
function eachEntry(
  dead: boolean,
  act: (queue: Queue, recordId: string, delivery: Delivery, context: EntryContext) => void,
  { withVisibility = false } = {},
): Operation {
  return {
    target,
    run: call => {
      const { account, input } = call
      const entries = input.structures('Entries', 1, MAX_ENTRIES).map(entry => ({
        handle: entry.text('ReceiptHandle', { max: 1024 }),
        visibilitySeconds: withVisibility ? entry.integer('VisibilityTimeoutSeconds', 0, MAX_VISIBILITY_SECONDS) : 0,
      }))
      const queue = deliveringQueueOf(call)
      const nowMs = account.clock.now()
      const successful: WireObject[] = []
      const failed: WireObject[] = []
      for (const { handle, visibilitySeconds } of entries) {
        try {
          const { recordId, delivery } = deliveryOf(account, queue, handle, dead, nowMs)
          act(queue, recordId, delivery, { nowMs, visibilitySeconds })
          successful.push({ ReceiptHandle: handle })
        } catch (error) {
          if (!(error instanceof KinesisError)) throw error
          failed.push({ ReceiptHandle: handle, ErrorCode: error.code, ErrorMessage: error.message })
        }
      }
      queue.stream.changed()
      return answer({ Successful: successful, Failed: failed })
    },
  }
}

/** The content of a receipt handle. */
interface Receipt {
  readonly queue: number
  readonly recordId: string
  readonly receipt: number
}

function handleOf({ seal }: Account, queue: Queue, { recordId, delivery }: ReceivedRecord): string {
  const receipt: Receipt = { queue: queue.serial, recordId, receipt: delivery.receipt }
  return seal.close('ReceiptHandle', Buffer.from(JSON.stringify(receipt)))
}

function deliveryOf(
  { seal }: Account,
  queue: Queue,
  handle: string,
  dead: boolean,
  nowMs: number,
): { recordId: string; delivery: Delivery } {
  const bytes = seal.open('ReceiptHandle', handle)
  if (bytes === undefined) throw invalidArgument('The receipt handle is invalid.')
  const { queue: serial, recordId, receipt } = JSON.parse(bytes.toString()) as Receipt
  if (serial !== queue.serial) throw invalidArgument(`The receipt handle does not belong to queue ${queue.name}.`)
  const delivery = queue.delivery(recordId, nowMs)
  if (delivery === undefined) {
    throw resourceNotFound(`The record of the receipt handle is no longer in queue ${queue.name}.`)
  }
  if (delivery.receipt !== receipt) {
    throw invalidArgument('The receipt handle is no longer valid, because the record was received again.')
  }
  if (delivery.dead === dead) return { recordId, delivery }
  throw invalidArgument(`The record of the receipt handle is ${delivery.dead ? 'a' : 'not a'} dead-letter record.`)
}

function recordsAnswer(account: Account, queue: Queue, received: readonly ReceivedRecord[]): Answer {
  const records = received.map(record => {
    const { delivery, range, recordId } = record
    const [members] = recordMembers(delivery.shard, range)
    return {
      ReceiptHandle: handleOf(account, queue, record),
      RecordId: recordId,
      PartitionKey: members?.PartitionKey,
      Data: members?.Data,
      ApproximateArrivalTimestamp: members?.ApproximateArrivalTimestamp,
      FirstReceiveTimestamp: new Date(delivery.firstReceiveMs),
      ReceiveCount: delivery.receiveCount,
    }
  })
  return { ...answer({ QueueRecords: records }), records: records.length }
}

/** Resolves when the stream or the queue changes, or at `atMs` by the emulator's clock. */
async function changeOf({ clock }: Account, { stream }: Queue, atMs: number): Promise<void> {
  await new Promise<void>(resolve => {
    const done = (): void => {
      stream.watchers.delete(done)
      cancel()
      resolve()
    }
    const cancel = clock.after(Math.max(0, atMs - clock.now()), done)
    stream.watchers.add(done)
  })
}
