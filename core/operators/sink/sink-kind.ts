/** `sink`: the end of a stream. Its factory creates what writes the records. */
import { named, variants } from '../../foundation/shape/shape.ts'
import { PLAIN_RULE } from '../../graph/transformation-kind.ts'
import { configurationsIn, factoryOf } from '../factories.ts'
import { listStateOf } from '../operator-kind.ts'
import type { OperatorKind } from '../operator-kind.ts'
import type { SinkFactory, SinkTransformation } from '../sink-factory.ts'
import { SinkOperator } from './sink-operator.ts'

export const sinkShape = (factories: readonly SinkFactory[]) =>
  named(
    'sink',
    variants(
      'type',
      Object.fromEntries(factories.map(c => [c.type, c.fields])),
      Object.fromEntries(factories.map(c => [c.type, c.description])),
    ),
  )

export function sinkKind(factories: readonly SinkFactory[]): OperatorKind<SinkTransformation> {
  return {
    kind: 'sink',
    description: 'Writes the records of a stream.',
    fields: { sink: sinkShape(factories) },
    inputs: 1,
    identity: ({ sink }) => ['sink', sink.type],
    configurations: ({ sink }) => configurationsIn(sink),
    plan(t) {
      const takesKeys = factoryOf(factories, t.sink, t.name).takesKeys?.(t.sink) ?? false
      return { ...PLAIN_RULE, name: t.name, output: null, takesKeys }
    },
    async prepare({ transformation: t }, job) {
      const sink = await factoryOf(factories, t.sink, t.name).create(t, job)
      return {
        type: 'operator',
        validate: context => sink.validate(context),
        create(context) {
          const { subtask, parallelism, fail, warn } = context
          return new SinkOperator(() =>
            sink.createWriter({ subtask, parallelism, restored: listStateOf(context), fail, warn }),
          )
        },
      }
    },
  }
}
