/** What all writers of the benchmark have to write, and how. */

/** Requests on their way. From 1 to 8 make no difference to the SDK here: it has a core to itself, and that is what it needs. */
export const PUTS_IN_FLIGHT = 4

export const preparedRecords = (recordBytes: number): Buffer[] =>
  Array.from({ length: 1000 }, (_, i) => Buffer.from(String(i).padStart(recordBytes, 'abcdefghij')))
