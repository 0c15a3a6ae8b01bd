// Handles an HTTP request: it finds the operation and the protocol, calls the service and encodes the response. An error is
// encoded in the protocol of the request.
import { randomUUID } from 'node:crypto'

import { KinesisError } from '../errors.ts'
import { operations } from '../operations/operations.ts'
import { EVENT_STREAM_TYPE } from '../protocol/event-stream.ts'
import { jsonProtocol, protocolOf } from '../protocol/protocol.ts'
import type { Protocol } from '../protocol/protocol.ts'
import { unknownOperation } from '../service/service.ts'
import type { Request, Service } from '../service/service.ts'
import { MAX_BODY_BYTES } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import { respondWithEvents } from './subscription-response.ts'

const TARGET = /^Kinesis_20131202\.(\w+)$/

export class RequestHandler {
  readonly #service: Service

  constructor(service: Service) {
    this.#service = service
  }

  /** Responds to the exchange. The promise never rejects. */
  async handle(exchange: Exchange): Promise<void> {
    let protocol = jsonProtocol
    const operation = operationName(exchange)
    const outcome = await this.#service.call({
      operation,
      contentType: exchange.headers['content-type'] ?? '',
      httpVersion: exchange.httpVersion,
      open: () => {
        if (exchange.method !== 'POST') throw unknownOperation(operation)
        const { protocols } = this.#service.account.settings
        protocol = protocolOf(exchange.headers['content-type'], protocols)
        return this.#open(exchange, operation, protocol)
      },
    })
    switch (outcome.kind) {
      case 'answer':
        if ('encode' in outcome.answer) {
          this.#respond(exchange, protocol, 200, outcome.answer.encode(protocol))
          return
        }
        await respondWithEvents(exchange.stream(200, this.#headers(EVENT_STREAM_TYPE)), outcome.answer.subscription)
        return
      case 'error': {
        const { code, message, status } = outcome.error
        this.#respond(exchange, protocol, status, protocol.encode({ __type: code, message }), code)
        return
      }
      case 'reset':
        exchange.reset()
    }
  }

  #open({ body, headers }: Exchange, operation: string, protocol: Protocol): ReturnType<Request['open']> {
    if (!operations.has(operation)) throw unknownOperation(operation)
    if (body === undefined) {
      throw new KinesisError(
        'RequestEntityTooLarge',
        `The body of ${operation} is larger than ${MAX_BODY_BYTES} bytes, the limit of every request. A PutRecords request ` +
          'can have 500 records and 10 MiB of keys and data. Send fewer records in one request.',
        413,
      )
    }
    if (this.#service.account.settings.requireSignature && headers.authorization === undefined)
      throw new KinesisError('MissingAuthenticationTokenException', 'Missing Authentication Token')
    return operation === 'PutRecords' ? protocol.decodePutRecords(body) : { members: protocol.decode(body) }
  }

  #respond(exchange: Exchange, protocol: Protocol, status: number, body: Buffer, error?: string): void {
    const headers = this.#headers(protocol.contentType)
    exchange.respond(status, error === undefined ? headers : { ...headers, 'x-amzn-errortype': error }, body)
  }

  #headers(contentType: string): Record<string, string> {
    return {
      'content-type': contentType,
      'x-amzn-requestid': randomUUID(),
      // Node would set the time of the machine. Clients compare this header with their clocks before they sign requests.
      date: new Date(this.#service.account.clock.now()).toUTCString(),
    }
  }
}

function operationName({ headers }: Exchange): string {
  const target = headers['x-amz-target']
  if (typeof target !== 'string') return ''
  return TARGET.exec(target)?.[1] ?? target
}
