/**
 * Which HTTP proxy a connection goes through. The environment is read as boto3 and the AWS CLI read it: HTTP_PROXY for endpoints
 * with `http`, HTTPS_PROXY for those with `https`, NO_PROXY for hosts that are asked directly; the names in lower case come
 * first, and an empty value is no value. The machine itself is always asked directly.
 *
 * NO_PROXY has host names, each of which stands for its subdomains too, with or without a port; `*` stands for all. Libraries
 * for NO_PROXY in Node do not fit: for them `amazonaws.com` does not stand for `kinesis.eu-west-1.amazonaws.com`.
 */
import net from 'node:net'

import { maskedUrl } from '../../foundation/config/mask.ts'
import { ConfigurationError } from '../../foundation/errors.ts'

export interface Proxy {
  /** Without user and password. */
  readonly url: URL
  /** Value of the header Proxy-Authorization; `null` when the URL has no user. */
  readonly authorization: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

export const portOf = ({ port, protocol }: URL): number => Number(port) || (protocol === 'https:' ? 443 : 80)

/** @param from option or variable, for the message. @throws ConfigurationError */
export function parseProxy(from: string, text: string): Proxy {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    const kind = /^socks\w*:/i.test(text) ? ' SOCKS proxies are not supported.' : ''
    throw new ConfigurationError(`${from}: '${maskedUrl(text)}' is not a URL such as http://127.0.0.1:3128.${kind}`)
  }
  const [user, password] = [decoded(url.username), decoded(url.password)]
  const authorization = user === '' ? null : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return { url: new URL(`${url.protocol}//${url.host}`), authorization }
}

/** A percent sign that is not part of an escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The proxy for a URL, `null` to connect directly. @throws ConfigurationError for a proxy that cannot be used */
export function environmentProxies(env: Environment): (url: URL) => Proxy | null {
  const variables = { 'http:': variable(env, 'http_proxy'), 'https:': variable(env, 'https_proxy') } as const
  const bypasses = bypassRule(variable(env, 'no_proxy')?.value ?? '')
  const parsed = new Map<string, Proxy>()
  return url => {
    const named = variables[url.protocol as keyof typeof variables]
    if (named === null || isLoopback(hostOf(url)) || bypasses(url)) return null
    let proxy = parsed.get(named.name)
    if (proxy === undefined) parsed.set(named.name, (proxy = parseProxy(named.name, withScheme(named.value))))
    return proxy
  }
}

function variable(env: Environment, name: string): { readonly name: string; readonly value: string } | null {
  if (env[name] !== undefined) return env[name] === '' ? null : { name, value: env[name] }
  const upper = name.toUpperCase()
  // Under CGI this is a header of the request.
  if (upper === 'HTTP_PROXY' && env['REQUEST_METHOD'] !== undefined) return null
  const value = env[upper]
  return value === undefined || value === '' ? null : { name: upper, value }
}

const withScheme = (text: string): string =>
  /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http:${text.startsWith('//') ? '' : '//'}${text}`

function bypassRule(noProxy: string): (url: URL) => boolean {
  const names = noProxy
    .split(/[,\s]+/)
    .map(name => name.replace(/^\*?\.+/, '').toLowerCase())
    .filter(name => name !== '')
  if (names.includes('*')) return () => true
  return url => {
    const host = hostOf(url).toLowerCase()
    const withPort = `${host}:${portOf(url)}`
    return names.some(name => [host, withPort].some(h => h === name || h.endsWith(`.${name}`)))
  }
}

export function isLoopback(host: string): boolean {
  if (net.isIPv4(host)) return host.startsWith('127.')
  return host === '::1' || host === 'localhost' || host.endsWith('.localhost')
}
