/** Creates the sinks that print values, and those that discard them. */
import { nullable, text } from '../../foundation/shape/shape.ts'
import type { InferFields } from '../../foundation/shape/shape.ts'
import type { SinkFactory } from '../../operators/sink-factory.ts'
import { DiscardSink, PrintSink } from './print-sink.ts'

const printFields = { identifier: nullable(text) }

export const printSinkFactory: SinkFactory<{ readonly type: 'print' } & InferFields<typeof printFields>> = {
  type: 'print',
  description: "Writes each value as a line, with Flink's prefix.",
  fields: printFields,
  create: async ({ sink }, job) => new PrintSink(sink.identifier, job.print),
}

export const discardSinkFactory: SinkFactory<{ readonly type: 'discard' }> = {
  type: 'discard',
  description: 'Takes everything and does nothing: the end of a chain that has no sink of its own.',
  fields: {},
  create: async () => new DiscardSink(),
}
