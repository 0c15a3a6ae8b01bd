/** The columns of a batch of records while an answer is decoded. */
import { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import { RecordPositions } from '../../foundation/record-batch/record-positions.ts'
import { InvalidAnswer } from '../service/answer-checks.ts'
import { checkAscending } from './sequence-numbers.ts'

export class RecordColumns {
  dataOffset: Uint32Array
  dataLength: Uint32Array
  keyOffset: Uint32Array
  keyLength: Uint32Array
  sequenceOffset: Uint32Array
  sequenceLength: Uint32Array
  arrival: Float64Array
  capacity: number

  constructor(capacity: number) {
    this.capacity = capacity
    this.dataOffset = new Uint32Array(capacity)
    this.dataLength = new Uint32Array(capacity)
    this.keyOffset = new Uint32Array(capacity)
    this.keyLength = new Uint32Array(capacity)
    this.sequenceOffset = new Uint32Array(capacity)
    this.sequenceLength = new Uint32Array(capacity)
    this.arrival = new Float64Array(capacity)
  }

  grow(): void {
    const larger = new RecordColumns(Math.max(16, this.capacity * 2))
    larger.dataOffset.set(this.dataOffset)
    larger.dataLength.set(this.dataLength)
    larger.keyOffset.set(this.keyOffset)
    larger.keyLength.set(this.keyLength)
    larger.sequenceOffset.set(this.sequenceOffset)
    larger.sequenceLength.set(this.sequenceLength)
    larger.arrival.set(this.arrival)
    Object.assign(this, larger)
  }

  toBatch(count: number, slab: Buffer, stream: string, shardId: string): RecordBatch {
    const end = count
    return RecordBatch.ofSlab(
      'bytes',
      { slab, dataOffset: this.dataOffset.subarray(0, end), dataLength: this.dataLength.subarray(0, end) },
      {
        timestamp: this.arrival.subarray(0, end),
        positions: new RecordPositions({
          stream,
          shardId,
          slab,
          keyOffset: this.keyOffset,
          keyLength: this.keyLength,
          sequenceOffset: this.sequenceOffset,
          sequenceLength: this.sequenceLength,
        }),
      },
    )
  }
}

/** @throws InvalidAnswer if sequence numbers are not decimal numbers that ascend */
export function checkSequence(columns: RecordColumns, count: number, slab: Buffer): void {
  const fault = checkAscending(slab, columns.sequenceOffset, columns.sequenceLength, count)
  if (fault !== null)
    throw new InvalidAnswer(
      `Records[${fault.index}].SequenceNumber ${fault.why === 'not-decimal' ? 'is not a decimal number' : 'is not after the one before it'}`,
    )
}
