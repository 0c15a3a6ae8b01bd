import { testSeeds } from './seeds.ts'

testSeeds('source', 'every record exactly once, and each key in order', (t, totals, seeds) => {
  t.ok(totals['records']! > seeds * 50, 'records were read')
  t.ok(totals['stops']! > seeds / 2, 'jobs were stopped')
  t.ok(totals['damages']! > seeds, 'answers were damaged')
  t.ok(totals['kills']! > seeds && totals['reshards']! > seeds, 'and much happened meanwhile')
})
