/**
 * Real flights of January 2001 (United States, Bureau of Transportation Statistics), as `vega-datasets` brings them:
 * one JSON record each, with a running number per origin airport, so that order can be checked at the other end.
 */
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors' // the file is compressed with ZSTD
import { fileURLToPath } from 'node:url'

export interface Flight {
  readonly date: string
  /** Minutes. */
  readonly delay: number
  /** Miles. */
  readonly distance: number
  readonly origin: string
  readonly destination: string
  /** Counts the flights of this origin, from 0. */
  readonly seq: number
}

interface Row {
  readonly date: Date
  readonly delay: bigint
  readonly distance: bigint
  readonly origin: string
  readonly destination: string
}

export async function readFlights(count: number): Promise<Flight[]> {
  const path = fileURLToPath(new URL('../../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url))
  const rows = (await parquetReadObjects({
    file: await asyncBufferFromFile(path),
    compressors,
    rowStart: 0,
    rowEnd: count,
  })) as unknown as Row[]
  const flown = new Map<string, number>()
  return rows.map(row => {
    const seq = flown.get(row.origin) ?? 0
    flown.set(row.origin, seq + 1)
    const date = row.date.toISOString().slice(0, 19)
    return {
      date,
      delay: Number(row.delay),
      distance: Number(row.distance),
      origin: row.origin,
      destination: row.destination,
      seq,
    }
  })
}
