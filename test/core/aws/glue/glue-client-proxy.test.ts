import { once } from 'node:events'
import http from 'node:http'
import type net from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { systemClock } from '../../../../core/foundation/clock.ts'
import { GlueSchemaRegistryClient } from '../../../../core/aws/glue/glue-client.ts'
import { parseGlueConfigs } from '../../../../schemas/glue/glue-configs.ts'
import { httpProxy } from '../../fakes/http-proxy.ts'
import { ID, configs, ImpatientClock, glue, options } from '../../fakes/glue.ts'

t.test('calls go through proxyUrl with its user, and its refusal is an error', async t => {
  const { server } = await glue(t)
  const proxy = await httpProxy(t, Number(new URL(server.url).port))
  const proxyUrl = `http://me:secret@127.0.0.1:${proxy.port}`
  const client = new GlueSchemaRegistryClient(
    parseGlueConfigs(configs('http://glue.corp.test', { proxyUrl }), 'AVRO').client,
    new ImpatientClock(),
  )
  t.teardown(() => client.close())
  await client.getSchemaByDefinition('f', 'r', '"int"')
  const authorization = `Basic ${Buffer.from('me:secret').toString('base64')}`
  t.same(proxy.asked, [`POST http://glue.corp.test/ ${authorization}`])
  proxy.refuse = 407
  await t.rejects(client.getSchemaByDefinition('f', 'r', '"int"'), {
    code: 'ENDPOINT_UNREACHABLE',
    message: new RegExp(`cannot reach http://glue.corp.test \\(the proxy 127.0.0.1:${proxy.port} does not accept`),
  })
  t.throws(() => new GlueSchemaRegistryClient({ ...options(), proxyUrl: 'proxy:3128' }, systemClock), {
    code: 'CONFIGURATION_INVALID',
    message: /proxyUrl: 'proxy:3128' is not a URL/,
  })
})

t.test('no message contains the password of a proxy, which may have any character', async t => {
  for (const proxyUrl of [
    'htp://me:s3cret@proxy:1',
    'me:s3cret@proxy:3128',
    'http://me:s3cret@pro xy',
    'http://me:s3@cret@:x',
  ])
    t.throws(
      () => new GlueSchemaRegistryClient({ ...options(), proxyUrl }, systemClock),
      { code: 'CONFIGURATION_INVALID', message: /^proxyUrl: '(?!.*(s3|cret)).*\*\*\*@/ },
      proxyUrl,
    )
  const asked: string[] = []
  const sockets: net.Socket[] = []
  const proxy = http.createServer()
  proxy.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
    asked.push(String(request.headers['proxy-authorization']))
    sockets.push(socket)
    // It stays open.
    socket.write('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => proxy.close())
  const proxyUrl = `http://me:100%@127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const client = new GlueSchemaRegistryClient(
    parseGlueConfigs(configs('https://127.0.0.1:9', { proxyUrl }), 'AVRO').client,
    new ImpatientClock(),
  )
  await t.rejects(client.getSchemaVersion(ID), {
    code: 'ENDPOINT_UNREACHABLE',
    message: /does not accept the user and the password \(HTTP status 407\)/,
  })
  t.same(new Set(asked), new Set([`Basic ${Buffer.from('me:100%').toString('base64')}`]))
  client.close()
  for (const socket of sockets)
    if (!socket.readableEnded) await Promise.race([once(socket, 'close'), once(socket, 'end')])
  t.equal(sockets.length, 4, 'and no connection to the proxy is left')
})
