// A subscription as a response: each event is written when the one before it has left, so that a client that stops
// reading (HTTP/2 flow control, a full socket) stops the subscription and nothing piles up here.
import { encodeException, encodeInitialResponse, encodeSubscriptionEvent } from '../protocol/event-stream.ts'
import type { Subscription } from '../store/subscription.ts'
import type { ResponseStream } from './exchange.ts'

/** Resolves when the subscription or the client is gone; never rejects. */
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
