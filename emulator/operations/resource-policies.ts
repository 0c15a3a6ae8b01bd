// Operations on resource policies. A policy is stored as it was received. Policies are not enforced, because the emulator
// has only one account.
import { invalidArgument, resourceNotFound } from '../errors.ts'
import type { Operation } from './operation.ts'
import { answer, nothing } from './operation.ts'
import { resourceOf } from './resource.ts'
import type { Call } from './operation.ts'
import type { Resource } from './resource.ts'

/** Largest size of a resource policy of a stream in IAM. */
const MAX_POLICY_BYTES = 20 * 1024

const target = (call: Call): { stream: string } => ({ stream: resourceOf(call).stream.name })

export const putResourcePolicy: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target,
  run: call => {
    const policy = call.input.text('Policy')
    const resource = resourceWithPolicy(call)
    checkPolicy(policy, resource)
    resource.owner.policy = policy
    return nothing
  },
}

/** GetResourcePolicy. For a resource without a policy it returns an empty policy, as the service does. */
export const getResourcePolicy: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target,
  run: call => answer({ Policy: resourceWithPolicy(call).owner.policy ?? '{}' }),
}

export const deleteResourcePolicy: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target,
  run: call => {
    const { owner, arn } = resourceWithPolicy(call)
    if (owner.policy === undefined) throw resourceNotFound(`No resource policy found for resource ARN ${arn}.`)
    owner.policy = undefined
    return nothing
  },
}

function resourceWithPolicy(call: Call): Exclude<Resource, { kind: 'channel' }> {
  const resource = resourceOf(call)
  if (resource.kind !== 'channel') return resource
  throw invalidArgument(`A channel has no resource policy: ${resource.arn}`)
}

function checkPolicy(policy: string, { name }: Resource): void {
  const bytes = Buffer.byteLength(policy)
  if (bytes > MAX_POLICY_BYTES)
    throw invalidArgument(`The policy of ${name} has ${bytes} bytes. At most ${MAX_POLICY_BYTES} bytes are allowed.`)
  let value: unknown
  try {
    value = JSON.parse(policy)
  } catch {
    throw invalidArgument(`The policy of ${name} is not valid JSON.`)
  }
  if (typeof value !== 'object' || value === null || !('Statement' in value))
    throw invalidArgument(`The policy of ${name} is not a policy document, because it has no Statement.`)
}
