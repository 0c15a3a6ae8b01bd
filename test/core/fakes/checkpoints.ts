/** Checkpoints for tests. */
import type { Checkpoint, OperatorCheckpoint } from '../../../core/checkpoint/checkpoint.ts'

export const operatorCheckpoint = (overrides: Partial<OperatorCheckpoint> = {}): OperatorCheckpoint => ({
  operatorId: 'sink',
  name: 'Sink: Kinesis',
  parallelism: 2,
  maxParallelism: 128,
  enumerator: null,
  subtasks: [{ type: 'kinesis-sink-buffer', version: 1, json: { entries: 1 }, bytes: Buffer.from('some bytes') }, null],
  ...overrides,
})

export const checkpointOf = (overrides: Partial<Checkpoint> = {}): Checkpoint => ({
  checkpointId: 1,
  jobName: 'flights',
  jobId: '0123456789abcdef',
  timestampMs: 1_769_860_800_000,
  operators: [
    operatorCheckpoint({
      operatorId: 'source',
      name: 'Source: flights',
      parallelism: 1,
      enumerator: { type: 'kinesis-enumerator', version: 1, json: { shards: [] }, bytes: null },
      subtasks: [{ type: 'kinesis-splits', version: 1, json: { splits: [] }, bytes: null }],
    }),
    operatorCheckpoint(),
  ],
  ...overrides,
})
