/**
 * A lease in S3: the object `_lease`, changed by conditional writes only (`If-None-Match: *`, `If-Match`), so that only one of several
 * writers succeeds. A heartbeat writes it again, with a counter. A lease that was given back stays, marked as released: an
 * object cannot be deleted on a condition everywhere.
 */
import { randomBytes } from 'node:crypto'

import { text } from '../aws/service/answer-checks.ts'
import { decodeLease, encodeLease } from './lease-store.ts'
import type { FoundLease, HeldLease, LeaseHolder, LeaseStore } from './lease-store.ts'
import type { S3Bucket } from '../aws/s3/s3-bucket.ts'

export const LEASE_OBJECT = '_lease'

/** Of a conditional write that S3 refuses although the condition holds. */
const ATTEMPTS = 5

/** Runs a request; its error names the place and the permission. */
type ExplainFailures = <T>(permission: string, call: () => Promise<T>) => Promise<T>

/**
 * Writes a small object to see that checkpoints can be written at all, and whether the store keeps conditions.
 * Null if it does not: then there can be no lease.
 */
export async function openS3Leases(
  bucket: S3Bucket,
  keyOf: (name: string) => string,
  explainingFailures: ExplainFailures,
): Promise<LeaseStore | null> {
  const probe = keyOf(`_probe-${randomBytes(6).toString('hex')}`)
  await explainingFailures('s3:PutObject', () => bucket.put(probe, 'Shardline sees whether it can write here.\n'))
  try {
    return (await explainingFailures('s3:PutObject', () => keepsConditions(bucket, probe)))
      ? new S3LeaseStore(bucket, keyOf(LEASE_OBJECT), explainingFailures)
      : null
  } finally {
    await bucket.delete(probe).catch(() => undefined)
  }
}

export async function readS3Lease(
  bucket: S3Bucket,
  key: string,
  explainingFailures: ExplainFailures,
): Promise<FoundLease | null> {
  const found = await explainingFailures('s3:GetObject', () => bucket.getTagged(key))
  if (found === null) return null
  const holder = decodeLease(found.text)
  return { token: holder?.runId ?? found.tag, beat: found.tag, holder, released: holder?.released === true }
}

/** An object that exists must not be created again. Some stores ignore the condition, others do not know it. */
async function keepsConditions(bucket: S3Bucket, existing: string): Promise<boolean> {
  try {
    return (await bucket.putIf(existing, 'again\n', null)) === null
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
    if (status === 501 || status === 400) return false
    throw error
  }
}

class S3LeaseStore implements LeaseStore {
  readonly #bucket: S3Bucket
  readonly #key: string
  readonly #explainingFailures: ExplainFailures

  constructor(bucket: S3Bucket, key: string, explainingFailures: ExplainFailures) {
    this.#bucket = bucket
    this.#key = key
    this.#explainingFailures = explainingFailures
  }

  async read(): Promise<FoundLease | null> {
    return readS3Lease(this.#bucket, this.#key, this.#explainingFailures)
  }

  async take(holder: LeaseHolder, found: FoundLease | null): Promise<HeldLease | null> {
    const tag = await this.#explainingFailures('s3:PutObject', () =>
      this.#bucket.putIf(this.#key, encodeLease(holder, { heartbeat: 0 }), found?.beat ?? null),
    )
    if (tag !== null) text(tag, 'ETag')
    if (tag === null) return null
    const [bucket, key, explainingFailures] = [this.#bucket, this.#key, this.#explainingFailures]
    return new S3Lease({ bucket, key, explainingFailures, holder, tag })
  }
}

interface S3LeaseParts {
  readonly bucket: S3Bucket
  readonly key: string
  readonly explainingFailures: ExplainFailures
  readonly holder: LeaseHolder
  /** The ETag of the object that was written last. */
  readonly tag: string
}

class S3Lease implements HeldLease {
  readonly #bucket: S3Bucket
  readonly #key: string
  readonly #explainingFailures: ExplainFailures
  readonly #holder: LeaseHolder
  #tag: string
  #heartbeat = 0
  /** The last request. Requests are made one after the other, because each needs the tag of the one before it. */
  #last: Promise<unknown> = Promise.resolve()

  constructor({ bucket, key, explainingFailures, holder, tag }: S3LeaseParts) {
    this.#bucket = bucket
    this.#key = key
    this.#explainingFailures = explainingFailures
    this.#holder = holder
    this.#tag = tag
  }

  async renew(): Promise<boolean> {
    return this.#put({ heartbeat: ++this.#heartbeat })
  }

  /** Only a write is certain. It is a heartbeat too. */
  async holds(): Promise<boolean> {
    return this.renew()
  }

  async release(): Promise<void> {
    await this.#put({ heartbeat: ++this.#heartbeat, released: true })
  }

  #put(more: Readonly<Record<string, unknown>>): Promise<boolean> {
    const put = this.#last.then(() => this.#putNow(encodeLease(this.#holder, more)))
    this.#last = put.catch(() => undefined)
    return put
  }

  async #putNow(content: string): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const tag = await this.#explainingFailures('s3:PutObject', () =>
        this.#bucket.putIf(this.#key, content, this.#tag),
      )
      if (tag !== null) {
        this.#tag = text(tag, 'ETag')
        return true
      }
      // The tag may have changed by a request of this lease whose answer was lost.
      const there = await this.#explainingFailures('s3:GetObject', () => this.#bucket.getTagged(this.#key))
      if (there === null || decodeLease(there.text)?.runId !== this.#holder.runId) return false
      this.#tag = there.tag
      if (there.text === content) return true
    }
    throw new Error(`S3 refused ${ATTEMPTS} times to replace ${this.#key}, although nothing else has changed it`)
  }
}
