/** The few calls of S3 that checkpoints need, by the AWS SDK. In a module of its own: only jobs that need it load it. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import type { ListObjectsV2CommandInput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3'

import { systemClock } from '../../foundation/clock.ts'
import { awsOptions } from '../../foundation/config/aws-options.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import { s3Options } from '../../foundation/config/s3-options.ts'
import { ConfigurationError } from '../../foundation/errors.ts'
import { InvalidAnswer, text } from '../service/answer-checks.ts'
import { credentialsError } from '../credentials/credentials-errors.ts'
import { credentialsSource } from '../credentials/credentials-source.ts'
import { RefreshingCredentials } from '../credentials/refreshing-credentials.ts'
import { checkEndpoint, checkRegion } from '../../foundation/config/endpoint.ts'
import { checkEndpointVariables } from '../service/endpoints.ts'
import { networkOf } from '../http/network.ts'
import { SdkHttpHandler } from '../http/sdk-http-handler.ts'

const ATTEMPTS = 3
const CONNECTION_TIMEOUT_MS = 10_000
/** Without a byte in either direction: a large state may take its time. */
const SILENCE_TIMEOUT_MS = 60_000

export class S3Bucket {
  readonly #bucket: string
  readonly #client: S3Client

  constructor(bucket: string, configuration: Configuration) {
    this.#bucket = bucket
    const env = process.env
    const region =
      configuration.find(s3Options.region) ||
      configuration.find(awsOptions.region) ||
      env['AWS_REGION'] ||
      env['AWS_DEFAULT_REGION'] ||
      'us-east-1'
    checkRegion(s3Options.region.key, region)
    const endpoint = configuration.find(s3Options.endpoint)
    if (endpoint !== null) checkEndpoint(s3Options.endpoint.key, endpoint, 'http://127.0.0.1:9000')
    checkEndpointVariables(env)
    const requestHandler = new SdkHttpHandler(networkOf(configuration), {
      connectionTimeoutMs: CONNECTION_TIMEOUT_MS,
      socketTimeoutMs: SILENCE_TIMEOUT_MS,
    })
    this.#client = new S3Client({
      region,
      followRegionRedirects: true,
      ...(endpoint === null ? {} : { endpoint }),
      forcePathStyle: configuration.get(s3Options.pathStyle),
      credentials: credentialsOf(configuration, region, requestHandler),
      requestHandler,
      maxAttempts: ATTEMPTS,
      // Other makes know no checksums; what is read is compared with hashes of our own.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    })
  }

  async put(key: string, content: string | Buffer): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: content }))
  }

  /** The object's bytes, or null where there is none. */
  async get(key: string): Promise<Buffer | null> {
    try {
      const { Body: body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }))
      return Buffer.from((await body?.transformToByteArray()) ?? [])
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return null
      throw error
    }
  }

  /** Puts the object if its entity tag is `tag`, or, with null, if there is no object. Gives the new tag, or null if the condition does not hold. */
  async putIf(key: string, content: string, tag: string | null): Promise<string | null> {
    const condition = tag === null ? { IfNoneMatch: '*' } : { IfMatch: tag }
    try {
      const put = new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: content, ...condition })
      return (await this.#client.send(put)).ETag ?? ''
    } catch (error) {
      const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
      // 404: the object that is to be replaced is gone.
      if (status === 412 || status === 409 || (tag !== null && (error as Error).name === 'NoSuchKey')) return null
      throw error
    }
  }

  async getTagged(key: string): Promise<{ readonly text: string; readonly tag: string } | null> {
    try {
      const { Body: body, ETag: tag } = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#bucket, Key: key }),
      )
      return { text: (await body?.transformToString()) ?? '', tag: text(tag, 'ETag') }
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return null
      throw error
    }
  }

  async delete(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }))
  }

  async exists(key: string): Promise<boolean> {
    const input = { Bucket: this.#bucket, Prefix: key, MaxKeys: 1 }
    const found = await this.#client.send(new ListObjectsV2Command(input))
    checkListing(found, input)
    return found.Contents?.[0]?.Key === key
  }

  /** Keys that begin so. */
  async keys(prefix: string): Promise<string[]> {
    return (await this.objects(prefix)).map(({ key }) => key)
  }

  /** Objects whose keys begin so. */
  async objects(
    prefix: string,
  ): Promise<{ readonly key: string; readonly bytes: number; readonly modifiedMs: number }[]> {
    const objects: { key: string; bytes: number; modifiedMs: number }[] = []
    for await (const { Contents: contents = [] } of this.#pages({ Bucket: this.#bucket, Prefix: prefix }))
      for (const { Key: key, Size: bytes = 0, LastModified: modified } of contents)
        objects.push({ key: key!, bytes, modifiedMs: modified?.getTime() ?? 0 })
    return objects
  }

  /** Names of the folders right below a prefix that ends in `/`. */
  async folders(prefix: string): Promise<string[]> {
    const input = { Bucket: this.#bucket, Prefix: prefix, Delimiter: '/' }
    const folders: string[] = []
    for await (const { CommonPrefixes: found = [] } of this.#pages(input))
      folders.push(...found.map(folder => folder.Prefix!.slice(prefix.length, -1)))
    return folders
  }

  async *#pages(input: ListObjectsV2CommandInput): AsyncGenerator<ListObjectsV2CommandOutput> {
    for await (const page of paginateListObjectsV2({ client: this.#client }, input)) {
      checkListing(page, input)
      yield page
    }
  }
}

/** @throws InvalidAnswer if something may be missing: a restore would take an older checkpoint for the newest, or find none */
function checkListing(
  page: ListObjectsV2CommandOutput,
  { Prefix: prefix = '', MaxKeys }: ListObjectsV2CommandInput,
): void {
  const { IsTruncated: truncated, KeyCount: count, Contents: contents = [], CommonPrefixes: folders = [] } = page
  if (typeof truncated !== 'boolean') throw new InvalidAnswer('IsTruncated is missing')
  if (truncated && MaxKeys === undefined) text(page.NextContinuationToken, 'NextContinuationToken')
  const names = [...contents.map(o => text(o.Key, 'Key')), ...folders.map(f => text(f.Prefix, 'Prefix'))]
  if (count !== undefined && count !== names.length)
    throw new InvalidAnswer(`KeyCount is ${count}, and ${names.length} names are there`)
  if (names.some(name => !name.startsWith(prefix))) throw new InvalidAnswer(`a name does not begin with ${prefix}`)
}

function credentialsOf(configuration: Configuration, region: string, requestHandler: SdkHttpHandler) {
  const [accessKeyId, secretAccessKey] = [
    configuration.find(s3Options.accessKey),
    configuration.find(s3Options.secretKey),
  ]
  if (accessKeyId !== null && secretAccessKey !== null) return { accessKeyId, secretAccessKey }
  if (accessKeyId !== null || secretAccessKey !== null)
    throw new ConfigurationError('s3.access-key and s3.secret-key go together: only one of them is set.')
  const source = credentialsSource(configuration, { region, requestHandler, env: process.env })
  const refreshing = new RefreshingCredentials(source.provide, systemClock)
  const provide = async () => {
    try {
      const { sessionToken, expiration, ...keys } = await refreshing.get()
      return {
        ...keys,
        ...(sessionToken === undefined ? {} : { sessionToken }),
        ...(expiration === undefined ? {} : { expiration }),
      }
    } catch (cause) {
      throw credentialsError(source, cause, refreshing.known)
    }
  }
  return Object.assign(provide, { memoized: true })
}
