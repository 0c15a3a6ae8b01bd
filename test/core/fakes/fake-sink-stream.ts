/** A stream behind the sink's network seam: it holds every request until the test answers it. */
import type { EntryRun, PutRecordsResult } from '../../../core/aws/kinesis/put-records-codec.ts'
import type { SinkStreamProxy } from '../../../core/aws/kinesis/stream-proxy.ts'

/** Entries as `[partition key, data]`. */
export type Entry = readonly [key: string, data: string]

export interface HeldRequest {
  readonly entries: readonly Entry[]
  /** Entries at these indices failed; none: all were written. */
  answer(...failed: number[]): void
  reject(error: Error): void
  readonly answered: boolean
}

export class FakeSinkStream {
  readonly requests: HeldRequest[] = []
  /** Every entry that was acknowledged, in order of the answers. */
  readonly written: Entry[] = []
  status = 'ACTIVE'
  describeError: Error | null = null
  closedProxies = 0
  /** Answers at once instead of holding. */
  answersAtOnce = false

  get held(): HeldRequest[] {
    return this.requests.filter(r => !r.answered)
  }

  readonly send = (runs: readonly EntryRun[]): Promise<PutRecordsResult> => {
    const entries = entriesOf(runs)
    let answered = false
    const answer = new Promise<PutRecordsResult>((resolve, reject) => {
      this.requests.push({
        entries,
        answer: (...failed) => {
          answered = true
          this.written.push(...entries.filter((_, i) => !failed.includes(i)))
          const refused = failed.map(index => ({ index, errorCode: THROTTLED, errorMessage: 'Rate exceeded' }))
          resolve({ failed: refused, shardIds: null })
        },
        reject: error => {
          answered = true
          reject(error)
        },
        get answered() {
          return answered
        },
      })
    })
    if (this.answersAtOnce) this.requests.at(-1)!.answer()
    return answer
  }

  proxy(streamName = 'out'): SinkStreamProxy {
    return {
      streamName,
      describeStream: async () => {
        if (this.describeError !== null) throw this.describeError
        return { streamName, streamArn: '', status: this.status, creationTimeMs: 0, retentionMs: null }
      },
      listShards: async () => [],
      putRecords: runs => this.send(runs),
      close: () => this.closedProxies++,
    }
  }
}

const THROTTLED = 'ProvisionedThroughputExceededException'

/** Entries in slabs, as a sink gets them. */
export function runOf(entries: readonly Entry[]): EntryRun {
  const columns = {
    dataOffset: new Uint32Array(entries.length),
    dataLength: new Uint32Array(entries.length),
    keyOffset: new Uint32Array(entries.length),
    keyLength: new Uint32Array(entries.length),
  }
  const [data, keys]: [Buffer[], Buffer[]] = [[], []]
  let [dataAt, keyAt] = [0, 0]
  entries.forEach(([key, text], i) => {
    const [k, d] = [Buffer.from(key), Buffer.from(text)]
    keys.push(k)
    data.push(d)
    columns.dataOffset[i] = dataAt
    columns.keyOffset[i] = keyAt
    dataAt += columns.dataLength[i] = d.length
    keyAt += columns.keyLength[i] = k.length
  })
  return { slab: Buffer.concat(data), keySlab: Buffer.concat(keys), ...columns, from: 0, to: entries.length }
}

export function entriesOf(runs: readonly EntryRun[]): Entry[] {
  return runs.flatMap(run =>
    Array.from({ length: run.to - run.from }, (_, j): Entry => {
      const i = run.from + j
      const [k, d] = [run.keyOffset[i]!, run.dataOffset[i]!]
      return [run.keySlab.utf8Slice(k, k + run.keyLength[i]!), run.slab.utf8Slice(d, d + run.dataLength[i]!)]
    }),
  )
}
