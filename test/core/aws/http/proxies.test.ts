import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import t from 'tap'

import { environmentProxies } from '../../../../core/aws/http/proxies.ts'

const python = path.join(fileURLToPath(new URL('../../../../..', import.meta.url)), '.venv/bin/python')

/** What urllib does, which boto3 and the AWS CLI ask: the proxy for each URL, or null. */
const URLLIB = `
import json, os, sys
from urllib.parse import urlparse
from urllib.request import getproxies_environment, proxy_bypass_environment
def proxy(url):
    parsed = urlparse(url)
    return None if proxy_bypass_environment(parsed.netloc) else getproxies_environment().get(parsed.scheme)
cases = json.load(sys.stdin)
out = []
for env, urls in cases:
    os.environ.clear()
    os.environ.update(env)
    out.append([proxy(url) for url in urls])
print(json.dumps(out))
`

const KINESIS = 'https://kinesis.eu-west-1.amazonaws.com'
const P = 'http://proxy:3128'
const URLS = [KINESIS, 'http://kinesis.corp.test', 'https://corp.test:8443', 'https://10.1.2.3', 'https://notcorp.test']

const CASES: readonly (readonly [Record<string, string>, readonly string[]])[] = [
  {},
  { HTTP_PROXY: P },
  { HTTPS_PROXY: P },
  { https_proxy: 'http://lower:1', HTTPS_PROXY: P },
  { https_proxy: '', HTTPS_PROXY: P },
  { http_proxy: P, HTTP_PROXY: 'http://upper:1', REQUEST_METHOD: 'GET' },
  { HTTP_PROXY: P, REQUEST_METHOD: 'GET' },
  { ALL_PROXY: P, all_proxy: P },
  ...[
    'amazonaws.com',
    '.amazonaws.com',
    'KINESIS.eu-west-1.amazonaws.COM',
    'west-1.amazonaws.com',
    'corp.test',
    'corp.test:8443, 10.1.2.3',
    'corp.test:9',
    '*',
    ',,',
    '',
    '10.1.2',
  ].flatMap(no => [
    { HTTP_PROXY: P, HTTPS_PROXY: P, NO_PROXY: no },
    { HTTP_PROXY: P, HTTPS_PROXY: P, no_proxy: no, NO_PROXY: 'corp.test' },
  ]),
].map(env => [env as Record<string, string>, URLS])

t.test('the environment is read as boto3 reads it', async t => {
  const { stdout } = spawnSync(python, ['-c', URLLIB], { input: JSON.stringify(CASES), encoding: 'utf8' })
  const expected = JSON.parse(stdout) as (string | null)[][]
  for (const [i, [env, urls]] of CASES.entries()) {
    const proxyFor = environmentProxies(env)
    t.same(
      urls.map(url => proxyFor(new URL(url))?.url.origin ?? null),
      expected[i],
      JSON.stringify(env),
    )
  }
})

t.test('where boto3 would ask a proxy for this machine, or for a subdomain with a star, none is asked', async t => {
  const proxyFor = environmentProxies({ HTTP_PROXY: P, HTTPS_PROXY: P, NO_PROXY: '*.corp.test other.test' })
  for (const url of [
    'http://localhost:4567',
    'http://127.0.0.1:4567',
    'http://[::1]:4567',
    'http://kinesis.localhost',
    'https://kinesis.corp.test',
    'https://other.test',
  ])
    t.equal(proxyFor(new URL(url)), null, url)
  t.equal(proxyFor(new URL('http://128.0.0.1'))?.url.href, `${P}/`)
})

t.test('a proxy may lack its scheme, and have a user', async t => {
  const of = (HTTP_PROXY: string) => environmentProxies({ HTTP_PROXY })(new URL('http://a.test'))
  t.equal(of('proxy:3128')?.url.href, 'http://proxy:3128/')
  t.equal(of('//proxy:3128')?.url.href, 'http://proxy:3128/')
  t.match(of('me:s%40cret@proxy:3128'), {
    url: { href: 'http://proxy:3128/' },
    authorization: `Basic ${Buffer.from('me:s@cret').toString('base64')}`,
  })
  t.equal(of('http://proxy')?.authorization, null)
})
