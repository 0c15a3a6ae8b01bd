import { testSeeds } from './seeds.ts'

testSeeds('sink', 'every record at least once, and twice only for a reason', (t, totals, seeds) => {
  t.ok(totals['records']! > seeds * 50, 'records were written')
  t.ok(totals['stops']! > seeds / 2 && totals['deadLetters']! > seeds, 'jobs were stopped, and letters written')
  t.ok(totals['kills']! > seeds && totals['reshards']! > seeds, 'and much happened meanwhile')
})
