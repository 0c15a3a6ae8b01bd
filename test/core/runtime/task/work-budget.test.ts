import t from 'tap'

import { WorkBudget } from '../../../../core/runtime/task/work-budget.ts'

t.test('a fast pipeline soon gets whatever there is', async t => {
  const budget = new WorkBudget()
  const asked: number[] = []
  for (let i = 0; i < 8; i++) {
    asked.push(budget.maxRecords)
    budget.worked(Math.min(budget.maxRecords, 1e7), 1)
  }
  t.equal(asked[0], 64)
  t.equal(asked.at(-1), Infinity)
})

t.test('a slow one gets what it can do in a twentieth of a second', async t => {
  const budget = new WorkBudget()
  budget.worked(64, 640)
  t.equal(budget.maxRecords, 5)
  budget.worked(5, 50)
  t.equal(budget.maxRecords, 5)
  budget.worked(1, 10_000)
  t.equal(budget.maxRecords, 1)
})

t.test('small batches say nothing of how many it could do', async t => {
  const budget = new WorkBudget()
  budget.worked(3, 0)
  t.equal(budget.maxRecords, 64)
})
