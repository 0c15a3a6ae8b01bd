/** Every kind of operator that the engine has, and every connector. A new one is added here. */
import { collectionSourceFactory } from '../connectors/collection/collection-source-factory.ts'
import { kinesisFirehoseSinkFactory } from '../connectors/firehose/kinesis-firehose-sink-factory.ts'
import { kinesisStreamsSinkFactory } from '../connectors/kinesis/sink/kinesis-streams-sink-factory.ts'
import { kinesisStreamsSourceFactory } from '../connectors/kinesis/source/kinesis-streams-source-factory.ts'
import { discardSinkFactory, printSinkFactory } from '../connectors/print/print-sink-factory.ts'
import { Kinds } from '../graph/transformation-kind.ts'
import { aggregationKinds } from '../operators/aggregations/aggregation-kinds.ts'
import { collectKind, printKind } from '../operators/functions/consume.ts'
import { filterKind } from '../operators/functions/filter.ts'
import { flatMapKind } from '../operators/functions/flat-map.ts'
import { keyByKind } from '../operators/functions/key-by.ts'
import { mapKind } from '../operators/functions/map.ts'
import type { OperatorKind } from '../operators/operator-kind.ts'
import { coProcessKind } from '../operators/process/co-process.ts'
import { processFunctionKind } from '../operators/process/process.ts'
import { reduceKind } from '../operators/process/reduce.ts'
import type { SinkFactory } from '../operators/sink-factory.ts'
import { sinkKind } from '../operators/sink/sink-kind.ts'
import type { SourceFactory } from '../operators/source-factory.ts'
import { sourceKind } from '../operators/source/source-kind.ts'
import { watermarksKind } from '../operators/time/watermarks-kind.ts'

export const sourceFactories: readonly SourceFactory[] = [kinesisStreamsSourceFactory, collectionSourceFactory]

export const sinkFactories: readonly SinkFactory[] = [
  kinesisStreamsSinkFactory,
  kinesisFirehoseSinkFactory,
  printSinkFactory,
  discardSinkFactory,
]

/** The kinds, with other connectors where a test brings them. */
export const operatorKindsWith = (
  sources: readonly SourceFactory[],
  sinks: readonly SinkFactory[],
): Kinds<OperatorKind> =>
  new Kinds<OperatorKind>([
    sourceKind(sources),
    mapKind,
    filterKind,
    flatMapKind,
    keyByKind,
    processFunctionKind,
    coProcessKind,
    reduceKind,
    ...aggregationKinds,
    watermarksKind,
    printKind,
    collectKind,
    sinkKind(sinks),
  ])

export const operatorKinds = operatorKindsWith(sourceFactories, sinkFactories)
