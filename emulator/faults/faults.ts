// The script of faults. A request is struck by at most one: the first injected that matches and is not used up.
import type { Fault, FaultRule } from './fault.ts'

/** A fault on the script. */
export interface InjectedFault {
  /** How many requests it has struck. */
  readonly hits: number
  /** Takes it off the script. */
  remove(): void
}

/** A request as rules see it. */
export interface FaultCandidate {
  readonly operation: string
  readonly stream: string | undefined
  readonly touches: (shardId: string) => boolean
}

class Rule implements InjectedFault {
  readonly rule: FaultRule
  hits = 0
  #passed = 0
  readonly #faults: Faults

  constructor(rule: FaultRule, faults: Faults) {
    this.rule = rule
    this.#faults = faults
  }

  remove(): void {
    this.#faults.remove(this)
  }

  /** Whether the rule strikes this request; counts it if it matches. */
  strikes(candidate: FaultCandidate): boolean {
    const { operation, stream, shardId, times = 1, after = 0 } = this.rule
    if (operation !== undefined && operation !== candidate.operation) return false
    if (stream !== undefined && stream !== candidate.stream) return false
    if (this.hits >= times) return false
    if (shardId !== undefined && !candidate.touches(shardId)) return false
    if (this.#passed < after) {
      this.#passed++
      return false
    }
    this.hits++
    return true
  }
}

export class Faults {
  #rules: readonly Rule[] = []

  /** Puts a fault on the script; it applies from the next request on. */
  inject(rule: FaultRule): InjectedFault {
    const injected = new Rule(rule, this)
    this.#rules = [...this.#rules, injected]
    return injected
  }

  /** Takes every fault off the script. */
  clear(): void {
    this.#rules = []
  }

  /** @internal */
  remove(injected: InjectedFault): void {
    this.#rules = this.#rules.filter(rule => rule !== injected)
  }

  /** @internal The rule that strikes this request, if one does. */
  take(candidate: FaultCandidate): FaultRule | undefined {
    return this.#rules.find(rule => rule.strikes(candidate))?.rule
  }
}

/** The records that a partial fault refuses. */
export function rejectionOf(fault: Fault, shardId: string | undefined) {
  if (fault.kind !== 'partial') return undefined
  const { indices, where, code = 'ProvisionedThroughputExceededException', message = `Injected fault: ${code}` } = fault
  return (index: number, partitionKey: string, recordShardId: string) => {
    if (shardId !== undefined && shardId !== recordShardId) return undefined
    if (indices?.includes(index) === false || where?.(index, partitionKey) === false) return undefined
    return { code, message }
  }
}
