/**
 * The state of one operator in one subtask (or of a source's enumerator), as it travels in a checkpoint: a named and versioned
 * JSON document, and bytes where there are many. Who wrote it reads it; everybody else only carries it.
 */
export interface OperatorState {
  /** Names the format of `json` and `bytes`, such as `kinesis-splits`. */
  readonly type: string
  readonly version: number
  readonly json: unknown
  readonly bytes: Buffer | null
}
