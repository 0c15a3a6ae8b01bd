import { createHash, createHmac } from 'node:crypto'

import { SignatureV4 } from '@smithy/signature-v4'
import t from 'tap'

import { RequestSigner } from '../../../../core/aws/service/sigv4.ts'

class Sha256 {
  readonly #hash
  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret)
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data)
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
  reset(): void {}
}

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const NOW = Date.UTC(2026, 0, 31, 12, 34, 56, 789)

interface Case {
  readonly host?: string
  readonly region?: string
  readonly body?: Buffer
  readonly sessionToken?: string
  readonly nowMs?: number
  readonly contentType?: string
}

async function both({
  host = 'kinesis.us-east-1.amazonaws.com',
  region = 'us-east-1',
  body = Buffer.from('{}'),
  sessionToken,
  nowMs = NOW,
  contentType = 'application/x-amz-cbor-1.1',
}: Case): Promise<readonly [string | undefined, string | undefined]> {
  const own = { ...credentials, ...(sessionToken === undefined ? {} : { sessionToken }) }
  const target = 'Kinesis_20131202.GetRecords'
  const mine = new RequestSigner(region, 'kinesis', host).sign(body, contentType, target, own, nowMs)
  const theirs = new SignatureV4({
    credentials: own,
    region,
    service: 'kinesis',
    sha256: Sha256 as never,
    applyChecksum: false,
  })
  const signed = await theirs.sign(
    {
      method: 'POST',
      protocol: 'https:',
      hostname: host,
      path: '/',
      query: {},
      headers: { host, 'content-type': contentType, 'x-amz-target': target },
      body,
    } as Parameters<typeof theirs.sign>[0],
    { signingDate: new Date(nowMs) },
  )
  t.equal(mine['x-amz-date'], signed.headers['x-amz-date'])
  t.equal(mine['x-amz-security-token'], signed.headers['x-amz-security-token'])
  return [mine['authorization'], signed.headers['authorization']]
}

t.test("it signs as the SDK's own signer does", async t => {
  for (const example of [
    {},
    { body: Buffer.alloc(0) },
    { body: Buffer.from('zürich \0 \xff', 'latin1') },
    { host: '127.0.0.1:4567', region: 'eu-central-1' },
    { sessionToken: 'FQoGZXIvYXdzEBYaDK//token==' },
    { nowMs: Date.UTC(2025, 11, 31, 23, 59, 59, 999) },
    { contentType: 'application/x-amz-json-1.1' },
  ] satisfies Case[]) {
    const [mine, theirs] = await both(example)
    t.equal(mine, theirs, JSON.stringify(example))
  }
})

t.test(
  'a signer that has signed before signs the same: the key is renewed with the day and the credentials',
  async t => {
    const signer = new RequestSigner('us-east-1', 'kinesis', 'h')
    const sign = (secretAccessKey: string, nowMs: number): string | undefined =>
      signer.sign(Buffer.from('x'), 'c', 't', { ...credentials, secretAccessKey }, nowMs)['authorization']
    const fresh = (secretAccessKey: string, nowMs: number): string | undefined =>
      new RequestSigner('us-east-1', 'kinesis', 'h').sign(
        Buffer.from('x'),
        'c',
        't',
        { ...credentials, secretAccessKey },
        nowMs,
      )['authorization']
    const day = 86_400_000
    for (const [secret, at] of [
      ['a', NOW],
      ['a', NOW + 1000],
      ['a', NOW + day],
      ['b', NOW + day],
      ['a', NOW],
    ] as const)
      t.equal(sign(secret, at), fresh(secret, at))
  },
)

t.test('the length is that of the body in bytes, and no secret is in the headers', async t => {
  const headers = new RequestSigner('us-east-1', 'kinesis', 'h').sign(Buffer.from('zürich'), 'c', 't', credentials, NOW)
  t.equal(headers['content-length'], '7')
  t.notMatch(JSON.stringify(headers), credentials.secretAccessKey)
})
