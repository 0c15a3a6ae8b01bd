import t from 'tap'

import { PersistentFailure } from '../../../core/foundation/persistent-failure.ts'
import { ManualClock } from '../fakes/manual-clock.ts'

function watched() {
  const clock = new ManualClock()
  const said: string[] = []
  return { clock, said, trouble: new PersistentFailure(clock, message => said.push(message)) }
}

t.test('what passes within five seconds is not worth a word', async t => {
  const { clock, said, trouble } = watched()
  for (let i = 0; i < 5; i++) {
    trouble.failed('It failed.')
    await clock.pass(999, 999)
  }
  trouble.succeeded('It')
  trouble.failed('It failed.')
  t.same(said, [])
})

t.test('what lasts is said, again each minute, and so is its end', async t => {
  const { clock, said, trouble } = watched()
  for (let i = 0; i <= 70; i++) {
    trouble.failed('It failed.')
    await clock.pass(1000, 1000)
  }
  t.match(said, [/^It failed. This has lasted for 5 s/, /^It failed. This has lasted for 65 s/])
  t.equal(said.length, 2)
  trouble.succeeded('The sink')
  trouble.succeeded('The sink')
  t.equal(said.at(-1), 'The sink works again.')
  t.equal(said.length, 3)
})

t.test('it knows what fails now, and since when', async t => {
  const { clock, trouble } = watched()
  t.equal(trouble.current, null)
  const sinceMs = clock.now()
  trouble.failed('One.')
  clock.advance(3000)
  trouble.failed('Two.')
  t.same(trouble.current, { message: 'Two.', sinceMs })
  trouble.succeeded('It')
  t.equal(trouble.current, null)
})
