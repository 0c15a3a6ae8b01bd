/** `source`: the beginning of a stream. Its factory creates what reads the records. */
import { named, variants } from '../../foundation/shape/shape.ts'
import { payloadType } from '../../graph/transformation.ts'
import type { Transformation } from '../../graph/transformation.ts'
import { PLAIN_RULE } from '../../graph/transformation-kind.ts'
import { watermarkStrategySpec } from '../../graph/watermark-strategy-spec.ts'
import type { WatermarkStrategySpec } from '../../graph/watermark-strategy-spec.ts'
import { configurationsIn, factoryOf } from '../factories.ts'
import type { OperatorKind } from '../operator-kind.ts'
import type { SourceFactory, SourceTransformation } from '../source-factory.ts'

export function sourceKind(factories: readonly SourceFactory[]): OperatorKind<SourceTransformation> {
  return {
    kind: 'source',
    description: 'Reads the records of a stream.',
    fields: {
      source: named(
        'source',
        variants(
          'type',
          Object.fromEntries(factories.map(c => [c.type, c.fields])),
          Object.fromEntries(factories.map(c => [c.type, c.description])),
        ),
      ),
      output: payloadType,
      watermarkStrategy: watermarkStrategySpec,
    },
    inputs: 0,
    identity: ({ source }) => ['source', source.type],
    configurations: ({ source }) => configurationsIn(source),
    plan(t) {
      const transformation = watermarksOf(t)
      const { parallelism = null } = factoryOf(factories, t.source, t.name)
      return {
        ...PLAIN_RULE,
        name: `Source: ${t.name}`,
        output: t.output,
        ...(parallelism === null ? {} : { parallelism }),
        followedBy: transformation === null ? null : { transformation, idSuffix: '-watermarks' },
      }
    },
    async prepare(operator, job) {
      const { source, name } = operator.transformation
      return { type: 'source', source: await factoryOf(factories, source, name).create(operator, job) }
    },
  }
}

/** The strategy of a source is carried out by an operator that is always chained to it. */
function watermarksOf(t: SourceTransformation): (Transformation & { watermarkStrategy: WatermarkStrategySpec }) | null {
  const { type, idlenessMs, timestampAssigner } = t.watermarkStrategy
  if (type === 'none' && idlenessMs === null && timestampAssigner === null) return null
  return { ...t, kind: 'watermarks', uid: null, name: 'Timestamps/Watermarks' }
}
