/**
 * AWS Signature Version 4 for the two hot calls: a POST to `/` with a body. The signing key is derived once a day and
 * credential, and the headers that never change are laid out once. Tested against the SDK's own signer.
 */
import { createHash, createHmac } from 'node:crypto'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export class RequestSigner {
  readonly #region: string
  readonly #service: string
  readonly #host: string
  #keyFor = ''
  #key: Buffer = Buffer.alloc(0)

  constructor(region: string, service: string, host: string) {
    this.#region = region
    this.#service = service
    this.#host = host
  }

  /** Headers for the request, authorization included. `nowMs`: the service's idea of now, epoch milliseconds. */
  sign(
    body: Uint8Array,
    contentType: string,
    target: string,
    credentials: Credentials,
    nowMs: number,
  ): Record<string, string> {
    const stamp = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '') // 20150830T123600Z
    const day = stamp.slice(0, 8)
    const scope = `${day}/${this.#region}/${this.#service}/aws4_request`
    const token = credentials.sessionToken
    const names = `content-type;host;x-amz-date;${token === undefined ? '' : 'x-amz-security-token;'}x-amz-target`
    const canonical =
      `POST\n/\n\ncontent-type:${contentType}\nhost:${this.#host}\nx-amz-date:${stamp}\n` +
      `${token === undefined ? '' : `x-amz-security-token:${token}\n`}x-amz-target:${target}\n\n${names}\n${sha256(body)}`
    const toSign = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${sha256(canonical)}`
    const signature = hmac(this.#signingKey(credentials, day, scope), toSign).toString('hex')
    const headers: Record<string, string> = {
      'content-type': contentType,
      host: this.#host,
      'x-amz-date': stamp,
      'x-amz-target': target,
      authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
      'content-length': String(body.byteLength),
    }
    if (token !== undefined) headers['x-amz-security-token'] = token
    return headers
  }

  #signingKey(credentials: Credentials, day: string, scope: string): Buffer {
    const keyFor = `${scope} ${credentials.accessKeyId} ${credentials.secretAccessKey}`
    if (keyFor !== this.#keyFor) {
      const dated = hmac(`AWS4${credentials.secretAccessKey}`, day)
      this.#key = hmac(hmac(hmac(dated, this.#region), this.#service), 'aws4_request')
      this.#keyFor = keyFor
    }
    return this.#key
  }
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest()
