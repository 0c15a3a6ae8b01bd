/** The table of schemas: Avro and Glue to JavaScript beside avsc, and to Python beside fastavro. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { flatRecords, flatSchema } from './avro-records.ts'

interface Figure {
  readonly what: string
  /** Records a second. */
  readonly ours: number
  readonly peer: number
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const root = here('../..')
const run = (program: string, args: readonly string[], input = Buffer.alloc(0)): string =>
  execFileSync(program, args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] })

export async function schemasTable(): Promise<void> {
  process.stdout.write('\nSchemas, k records/s\n\n| | ours | peer | ratio | peer is |\n|---|---|---|---|---|\n')
  for (const line of run(process.execPath, [here('avro.js')])
    .trim()
    .split('\n'))
    row(
      JSON.parse(line) as Figure,
      line.includes('zlib') ? 'avsc and zlib, without header or registry' : 'avsc, without header or registry',
    )
  const peer = await fastavro()
  for (const [what, how] of [
    ['dicts', 'dict'],
    ['Rows', 'row'],
  ] as const)
    row(
      {
        what: `Glue Avro, 6 fields, as Python ${what}`,
        ours: Number(run(process.execPath, [here('glue-to-python.js'), how])),
        peer,
      },
      'fastavro, dicts, in the one process',
    )
}

async function fastavro(): Promise<number> {
  const records = await flatRecords(1000)
  const lengths = records.map(record => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(record.length)
    return Buffer.concat([length, record])
  })
  const input = Buffer.concat([Buffer.from(`${JSON.stringify(flatSchema)}\n`), ...lengths])
  return Number(run(`${root}.venv/bin/python`, [`${root}bench/fastavro_read.py`], input))
}

function row({ what, ours, peer }: Figure, peerIs: string): void {
  const k = (perSecond: number): string => Math.round(perSecond / 1000).toLocaleString('en-US')
  process.stdout.write(`| ${what} | ${k(ours)} | ${k(peer)} | ${(ours / peer).toFixed(1)}x | ${peerIs} |\n`)
}
