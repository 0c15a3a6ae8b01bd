/**
 * How every connection to AWS is made: through which proxy, and which certificates are trusted. One for all clients: the data
 * plane, enhanced fan-out, and those of the SDK.
 *
 * AWS_CA_BUNDLE, or else REQUESTS_CA_BUNDLE, names a file of certificates that are trusted instead of Node's, as for boto3. Without
 * either Node's own count, with those of NODE_EXTRA_CA_CERTS.
 */
import { readFileSync } from 'node:fs'
import tls from 'node:tls'

import { awsOptions } from '../../foundation/config/aws-options.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import { maskedUrl } from '../../foundation/config/mask.ts'
import { ConfigurationError, messageOf } from '../../foundation/errors.ts'
import { environmentProxies } from './proxies.ts'
import type { Proxy } from './proxies.ts'

export interface TlsOptions {
  readonly rejectUnauthorized: boolean
  readonly secureContext?: tls.SecureContext
}

export interface Network {
  /** `null` to connect directly. @throws ConfigurationError */
  proxyFor(url: URL): Proxy | null
  /** @throws ConfigurationError where the file of certificates cannot be used */
  tls(): TlsOptions
}

const BUNDLE_VARIABLES = ['AWS_CA_BUNDLE', 'REQUESTS_CA_BUNDLE'] as const

export function networkOf(configuration: Configuration, env: NodeJS.ProcessEnv = process.env): Network {
  const rejectUnauthorized = !configuration.get(awsOptions.trustAllCertificates)
  const bundle = BUNDLE_VARIABLES.find(name => env[name])
  let options: TlsOptions | undefined
  return {
    proxyFor: environmentProxies(env),
    tls: () =>
      (options ??= {
        rejectUnauthorized,
        ...(bundle === undefined || !rejectUnauthorized ? {} : { secureContext: trusting(bundle, env[bundle]!) }),
      }),
  }
}

/** Files by name: reading the certificates of a whole bundle takes a while, and each source and sink has a network. */
const contexts = new Map<string, { readonly pem: string; readonly context: tls.SecureContext }>()

function trusting(variable: string, file: string): tls.SecureContext {
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigurationError(
      `${variable}: the certificates in '${maskedUrl(file)}' cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown'}.`,
    )
  }
  const known = contexts.get(file)
  if (known?.pem === pem) return known.context
  if (!pem.includes('-----BEGIN'))
    throw new ConfigurationError(`${variable}: '${maskedUrl(file)}' holds no certificate in PEM form.`)
  try {
    const context = tls.createSecureContext({ ca: pem })
    contexts.set(file, { pem, context })
    return context
  } catch (cause) {
    throw new ConfigurationError(
      `${variable}: the certificates in '${maskedUrl(file)}' cannot be used: ${messageOf(cause)}.`,
      { cause },
    )
  }
}
