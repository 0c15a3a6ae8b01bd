/**
 * The seal of `_metadata`: a checksum of the document and, where a key is configured, a signature. It is the last member of the
 * JSON object and covers every byte before it. The document names each state file with its size and SHA-256, so the seal
 * covers those too.
 *
 *   {
 *    "format": "shardline-checkpoint",
 *    ...
 *    "seal": {"sha256": "<hex>", "hmacSha256": "<hex>" or null}
 *   }
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'

import type { Configuration } from '../foundation/config/configuration.ts'
import { executionOptions } from '../foundation/config/execution-options.ts'
import { maskedMessage, maskedUrl } from '../foundation/config/mask.ts'
import { ConfigurationError } from '../foundation/errors.ts'

export const KEY_VARIABLE = 'SHARDLINE_CHECKPOINT_HMAC_KEY'
const MIN_KEY_BYTES = 16
const BEGIN = ',\n "seal": '

/** Signs and checks documents. It never shows its key: not in JSON, and not when it is printed. */
export class CheckpointKey {
  readonly #key: Buffer

  constructor(key: Buffer) {
    this.#key = key
  }

  sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex')
  }

  signed(text: string, signature: string): boolean {
    const [expected, given] = [Buffer.from(this.sign(text)), Buffer.from(signature)]
    return expected.length === given.length && timingSafeEqual(expected, given)
  }
}

/** The key of the configured file, else of the environment, or null if neither is set. Then checkpoints are not signed. @throws ConfigurationError */
export function checkpointKey(
  configuration: Configuration,
  env: Readonly<Record<string, string | undefined>> = process.env,
): CheckpointKey | null {
  const { key: option } = executionOptions.checkpointKeyFile
  const file = configuration.find(executionOptions.checkpointKeyFile)
  const variable = env[KEY_VARIABLE]
  if (file === null && variable === undefined) return null
  let text: string
  try {
    text = file === null ? variable! : readFileSync(file, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    // Without the cause: its message has the path, which may be a mistyped secret.
    throw new ConfigurationError(
      `${option}: ${maskedUrl(file ?? '')} cannot be read (${code ?? maskedMessage(message)}).`,
    )
  }
  const key = Buffer.from(text.trim())
  if (key.length < MIN_KEY_BYTES)
    throw new ConfigurationError(
      `${file === null ? KEY_VARIABLE : option}: the key has ${key.length} bytes; give at least ${MIN_KEY_BYTES}, such as those of 'openssl rand -hex 32'.`,
    )
  return new CheckpointKey(key)
}

/** @param document JSON of an object, whose last line is its closing brace */
export function sealed(document: string, key: CheckpointKey | null): string {
  const covered = document.replace(/\n\}\n?$/, '')
  const seal = { sha256: sha256(covered), hmacSha256: key?.sign(covered) ?? null }
  return `${covered}${BEGIN}${JSON.stringify(seal)}\n}\n`
}

/** @throws Error with the fault, without a full stop */
export function checkSeal(document: string, key: CheckpointKey | null): void {
  const at = document.lastIndexOf(BEGIN)
  const [, sha, signature] =
    /^\{"sha256":"([0-9a-f]{64})","hmacSha256":(null|"[0-9a-f]{64}")\}\n\}\n$/.exec(
      document.slice(at + BEGIN.length),
    ) ?? []
  if (at < 0 || sha === undefined) throw new Error('the file _metadata is not what was written: its end is missing')
  const covered = document.slice(0, at)
  if (sha256(covered) !== sha)
    throw new Error('the file _metadata is not what was written: its SHA-256 is not the one that it names')
  if (key === null) return
  if (signature === 'null') throw unsigned()
  if (!key.signed(covered, signature!.slice(1, -1)))
    throw new Error(
      'the signature of _metadata is not made with the configured key: the checkpoint was changed, or signed with another key',
    )
}

export const unsigned = (): Error =>
  new Error(
    `it has no signature, and this job has a key for checkpoints (${executionOptions.checkpointKeyFile.key} or ${KEY_VARIABLE}). If you trust it, sign it with 'shardline checkpoint sign'`,
  )

export const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')
