/**
 * Checkpoints in a bucket of S3. An object is there as a whole or not at all, and every reader sees it after it was written,
 * so the rule is the local one: files first, `_metadata` last. What has no `_metadata` is no checkpoint.
 */
import type { Configuration } from '../foundation/config/configuration.ts'
import { maskedUrl } from '../foundation/config/mask.ts'
import { CheckpointError, ConfigurationError, ShardlineError } from '../foundation/errors.ts'
import { InvalidAnswer } from '../aws/service/answer-checks.ts'
import {
  checkpointIds,
  checkpointName,
  encodeCheckpoint,
  failedWrite,
  isEntryName,
  jobDirectoryName,
  METADATA,
  noneComplete,
  notWritten,
  olderNames,
  savepointName,
} from './checkpoint-document.ts'
import { readStored } from './checkpoint-reading.ts'
import type { CheckpointFolder } from './checkpoint-reading.ts'
import type { CheckpointKey } from './checkpoint-seal.ts'
import type { BeforeComplete, Checkpoint, CheckpointEntry, CheckpointStorage, StoredCheckpoint } from './checkpoint.ts'
import type { FoundLease, LeaseStore } from './lease-store.ts'
import type { S3Bucket } from '../aws/s3/s3-bucket.ts'
import { LEASE_OBJECT, openS3Leases, readS3Lease } from './s3-lease-store.ts'

/** Requests at once. */
const PARALLEL = 8

interface Place {
  readonly bucket: string
  /** Without a slash at either end; empty: the bucket itself. */
  readonly key: string
}

/** `s3a` and `s3p` choose between Flink's two file systems; here they are the same. */
const S3_URL = /^s3[ap]?:\/\/([^/]+)(?:\/(.*))?$/i

export const isS3Url = (text: string): boolean => /^s3[ap]?:\/\//i.test(text)

export class S3CheckpointStorage implements CheckpointStorage {
  readonly location: string
  readonly #place: Place
  readonly #configuration: Configuration
  readonly #key: CheckpointKey | null
  readonly #buckets = new Map<string, Promise<S3Bucket>>()

  constructor(url: string, jobName: string, configuration: Configuration, key: CheckpointKey | null = null) {
    this.#place = below(placeOf(url), jobDirectoryName(jobName))
    this.location = urlOf(this.#place)
    this.#configuration = configuration
    this.#key = key
  }

  async store(checkpoint: Checkpoint, beforeComplete?: BeforeComplete): Promise<string> {
    try {
      await this.remove(checkpoint.checkpointId)
    } catch (cause) {
      throw notWritten(checkpoint, this.location, cause)
    }
    return this.#write(checkpoint, below(this.#place, checkpointName(checkpoint.checkpointId)), beforeComplete)
  }

  async storeSavepoint(checkpoint: Checkpoint, url: string | null, beforeComplete?: BeforeComplete): Promise<string> {
    const place = below(url === null ? this.#place : placeOf(url), savepointName(checkpoint))
    return this.#write(checkpoint, place, beforeComplete)
  }

  async #write(
    checkpoint: Checkpoint,
    place: Place,
    beforeComplete: BeforeComplete = async () => undefined,
  ): Promise<string> {
    try {
      const { metadata, files } = encodeCheckpoint(checkpoint, this.#key)
      const bucket = await this.#bucket(place)
      const put = (name: string, content: string | Buffer): Promise<void> =>
        explainingFailures('s3:PutObject', place, () => bucket.put(keyOf(place, name), content))
      await inParallel(files, ({ name, bytes }) => put(name, bytes))
      await beforeComplete()
      await put(METADATA, metadata)
      return urlOf(place)
    } catch (cause) {
      throw await failedWrite(checkpoint, urlOf(place), cause, () => this.#removePlace(place))
    }
  }

  async load(urlOrLatest: string): Promise<StoredCheckpoint> {
    const place = urlOrLatest === 'latest' ? await this.#latest() : placeOf(urlOrLatest)
    return readStored(this.#folder(place), this.#key, async () => {
      const at = place.key.lastIndexOf('/')
      const beside = { bucket: place.bucket, key: place.key.slice(0, Math.max(0, at)) }
      const names = olderNames(await this.#folders(beside), place.key.slice(at + 1))
      return names.map(name => this.#folder(below(beside, name)))
    })
  }

  async lastCheckpointId(): Promise<number> {
    return (await this.#ids()).reduce((highest, id) => Math.max(highest, id), 0)
  }

  async remove(checkpointId: number): Promise<void> {
    await this.#removePlace(below(this.#place, checkpointName(checkpointId)))
  }

  async list(): Promise<CheckpointEntry[]> {
    const bucket = await this.#bucket(this.#place)
    const entries: CheckpointEntry[] = []
    for (const name of (await this.#folders(this.#place)).filter(isEntryName)) {
      const place = below(this.#place, name)
      const objects = await explainingFailures('s3:ListBucket', place, () => bucket.objects(keyOf(place, '')))
      entries.push({
        name,
        path: urlOf(place),
        checkpointId: checkpointIds([name])[0] ?? null,
        complete: objects.some(({ key }) => key === keyOf(place, METADATA)),
        modifiedMs: objects.length === 0 ? null : Math.max(...objects.map(o => o.modifiedMs)),
        bytes: objects.reduce((sum, o) => sum + o.bytes, 0),
      })
    }
    return entries
  }

  async removeEntry(name: string): Promise<void> {
    if (isEntryName(name)) await this.#removePlace(below(this.#place, name))
  }

  async openLeases(): Promise<LeaseStore | null> {
    const bucket = await this.#bucket(this.#place)
    return openS3Leases(
      bucket,
      name => keyOf(this.#place, name),
      (permission, call) => explainingFailures(permission, this.#place, call),
    )
  }

  async readLease(): Promise<FoundLease | null> {
    const bucket = await this.#bucket(this.#place)
    return readS3Lease(bucket, keyOf(this.#place, LEASE_OBJECT), (permission, call) =>
      explainingFailures(permission, this.#place, call),
    )
  }

  async #removePlace(place: Place): Promise<void> {
    const bucket = await this.#bucket(place)
    const remove = (key: string): Promise<void> =>
      explainingFailures('s3:DeleteObject', place, () => bucket.delete(key))
    const keys = await explainingFailures('s3:ListBucket', place, () => bucket.keys(keyOf(place, '')))
    // The metadata is removed first: the remains of an interrupted removal are not a checkpoint.
    const metadata = keyOf(place, METADATA)
    if (keys.includes(metadata)) await remove(metadata)
    await inParallel(
      keys.filter(key => key !== metadata),
      remove,
    )
  }

  #folder(place: Place): CheckpointFolder {
    return {
      path: urlOf(place),
      read: async name => {
        const bucket = await this.#bucket(place)
        return explainingFailures('s3:GetObject', place, () => bucket.get(keyOf(place, name)))
      },
    }
  }

  async #folders(place: Place): Promise<string[]> {
    const bucket = await this.#bucket(place)
    return explainingFailures('s3:ListBucket', place, () => bucket.folders(place.key === '' ? '' : keyOf(place, '')))
  }

  async #latest(): Promise<Place> {
    const bucket = await this.#bucket(this.#place)
    for (const id of (await this.#ids()).sort((a, b) => b - a)) {
      const place = below(this.#place, checkpointName(id))
      if (await explainingFailures('s3:ListBucket', place, () => bucket.exists(keyOf(place, METADATA)))) return place
    }
    throw noneComplete(this.location)
  }

  async #ids(): Promise<number[]> {
    return checkpointIds(await this.#folders(this.#place))
  }

  #bucket({ bucket }: Place): Promise<S3Bucket> {
    let opened = this.#buckets.get(bucket)
    if (opened === undefined) {
      opened = import('../aws/s3/s3-bucket.ts').then(s3 => new s3.S3Bucket(bucket, this.#configuration))
      this.#buckets.set(bucket, opened)
    }
    return opened
  }
}

function placeOf(url: string): Place {
  const [, bucket, key = ''] = S3_URL.exec(url) ?? []
  if (bucket === undefined || bucket.includes('@'))
    throw new ConfigurationError(
      `'${maskedUrl(url)}' is not a place in S3, such as s3://bucket/prefix. Keys are given as s3.access-key and s3.secret-key.`,
    )
  return { bucket, key: key.split('/').filter(Boolean).join('/') }
}

const urlOf = ({ bucket, key }: Place): string => `s3://${bucket}${key === '' ? '' : `/${key}`}`
const keyOf = ({ key }: Place, name: string): string => (key === '' ? name : `${key}/${name}`)
const below = (place: Place, name: string): Place => ({ bucket: place.bucket, key: keyOf(place, name) })

/** Runs a call. Its error names the place, the permission and what to do. */
async function explainingFailures<T>(permission: string, place: Place, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    if (cause instanceof ShardlineError) throw cause
    const reads = permission === 's3:GetObject' || permission === 's3:ListBucket'
    if (cause instanceof InvalidAnswer || cause instanceof TypeError || cause instanceof SyntaxError)
      throw new CheckpointError(
        reads ? 'CHECKPOINT_UNREADABLE' : 'CHECKPOINT_FAILED',
        `${permission} on ${urlOf(place)} was answered with what cannot be used${cause instanceof InvalidAnswer ? `: ${cause.message}` : ''}. See what answers at the endpoint, a proxy for example.`,
        { cause },
      )
    const error = cause as Error & { $metadata?: { httpStatusCode?: number }; code?: unknown }
    const status = error.$metadata?.httpStatusCode
    if (error.name === 'NoSuchBucket')
      throw new ConfigurationError(`The bucket '${place.bucket}' of ${urlOf(place)} does not exist.`, { cause })
    const refused = error.name === 'AccessDenied' || status === 403
    const what = typeof error.code === 'string' ? `${error.code} ${error.message}` : error.message
    throw new CheckpointError(
      refused && reads ? 'CHECKPOINT_UNREADABLE' : 'CHECKPOINT_FAILED',
      refused
        ? `S3 refuses it to these credentials (${error.name}): grant ${permission} on ${urlOf(place)}.`
        : `${permission} on ${urlOf(place)} failed: ${error.name}: ${what.replace(/\.$/, '')}.`,
      { cause },
    )
  }
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
}
