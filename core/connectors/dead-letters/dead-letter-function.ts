/** The function that the description of a source or a sink names for its dead letters. */
import { GraphError } from '../../foundation/errors.ts'
import type { JobFacilities } from '../../operators/job-facilities.ts'
import type { DeadLetterFunction } from '../../operators/dead-letter.ts'
import type { DeadLettersSpec } from './dead-letters-spec.ts'

/** `null` when dead letters go to no function. @throws GraphError if the function is not there */
export async function deadLetterFunctionOf(
  spec: DeadLettersSpec | null,
  name: string,
  job: JobFacilities,
): Promise<DeadLetterFunction | null> {
  switch (spec?.type) {
    case 'local':
    case 'module':
      return (await job.loadFunction(spec, name)) as unknown as DeadLetterFunction
    case 'python': {
      const { deadLetters } = job.remote
      if (deadLetters === null)
        throw new GraphError(`'${name}' has a dead letter handler of Python, but no Python program is connected.`)
      return deadLetters(spec.pickle)
    }
    default:
      return null
  }
}
