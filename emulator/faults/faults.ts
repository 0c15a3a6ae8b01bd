// The script of faults. At most one fault affects a request: the first injected fault that matches and is not used up.
import type { Fault, FaultRule } from './fault.ts'

/** A fault on the script. */
export interface InjectedFault {
  /** The number of requests that it has affected. */
  readonly hits: number
  /** Removes it from the script. */
  remove(): void
}

/** What rules compare of a request. */
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

  /** Returns whether the rule affects this request. Counts the request when it matches. */
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

  /** Adds a fault to the script. It applies from the next request on. */
  inject(rule: FaultRule): InjectedFault {
    const injected = new Rule(rule, this)
    this.#rules = [...this.#rules, injected]
    return injected
  }

  /** Removes every fault from the script. */
  clear(): void {
    this.#rules = []
  }

  /** @internal */
  remove(injected: InjectedFault): void {
    this.#rules = this.#rules.filter(rule => rule !== injected)
  }

  /** @internal Returns the rule that affects this request, or undefined when no rule does. */
  take(candidate: FaultCandidate): FaultRule | undefined {
    return this.#rules.find(rule => rule.strikes(candidate))?.rule
  }
}

/** Returns what decides which records a partial fault refuses, or undefined for any other fault. */
export function rejectionOf(fault: Fault, shardId: string | undefined) {
  if (fault.kind !== 'partial') return undefined
  const { indices, where, code = 'ProvisionedThroughputExceededException', message = `Injected fault: ${code}` } = fault
  return (index: number, partitionKey: string, recordShardId: string) => {
    if (shardId !== undefined && shardId !== recordShardId) return undefined
    if (indices?.includes(index) === false || where?.(index, partitionKey) === false) return undefined
    return { code, message }
  }
}
