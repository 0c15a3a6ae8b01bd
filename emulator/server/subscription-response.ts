// Writes a subscription as the response of SubscribeToShard. An event is written after the event before it was sent. A
// client that stops reading, by HTTP/2 flow control or with a full socket, stops the subscription, and nothing is buffered.
import { encodeException, encodeInitialResponse, encodeSubscriptionEvent } from '../protocol/event-stream.ts'
import type { Subscription } from '../store/subscription.ts'
import type { ResponseStream } from './exchange.ts'

/** Resolves when the subscription has ended or the client has closed the connection. The promise never rejects. */
export async function respondWithEvents(response: ResponseStream, subscription: Subscription): Promise<void> {
  response.onClose(() => subscription.close())
  await response.write(encodeInitialResponse())
  for (;;) {
    const delivery = await subscription.next()
    switch (delivery.kind) {
      case 'event':
        await response.write(encodeSubscriptionEvent(delivery))
        break
      case 'exception':
        await response.write(encodeException(delivery.error))
        response.end()
        return
      case 'end':
        response.end()
        return
      case 'cut':
        response.cut()
        return
    }
  }
}
