// A channel from a stream to Amazon S3: its configuration and its lifecycle. The emulator delivers no records to S3.
import type { WireObject } from '../encoding/wire-value.ts'
import { Lifecycle } from './lifecycle.ts'
import type { Stream } from './stream.ts'

export interface ChannelOrigin {
  readonly name: string
  readonly arn: string
  readonly id: string
  readonly stream: Stream
  readonly createdMs: number
  readonly createDelayMs: number
}

export class Channel {
  readonly name: string
  readonly arn: string
  readonly id: string
  readonly stream: Stream
  readonly createdMs: number
  readonly lifecycle: Lifecycle
  readonly tags = new Map<string, string>()
  /** The members of ChannelDescription that describe the delivery. */
  configuration: WireObject

  constructor(origin: ChannelOrigin, configuration: WireObject) {
    this.name = origin.name
    this.arn = origin.arn
    this.id = origin.id
    this.stream = origin.stream
    this.createdMs = origin.createdMs
    this.configuration = configuration
    this.lifecycle = new Lifecycle(origin.createdMs, origin.createDelayMs)
  }
}
