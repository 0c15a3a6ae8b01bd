// A registered consumer (enhanced fan-out): bookkeeping only, until the emulator serves SubscribeToShard.

export interface StreamConsumer {
  readonly name: string
  readonly arn: string
  /** Milliseconds since the epoch. */
  readonly createdMs: number
}

/** The ARN contains the second of creation, so that a consumer registered anew has another one. */
export function consumerArn(streamArn: string, name: string, createdMs: number): string {
  return `${streamArn}/consumer/${name}:${Math.floor(createdMs / 1000)}`
}
