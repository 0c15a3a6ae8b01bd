/**
 * What every simulation does: a whole job over a simulated Kinesis and a simulated disk, in virtual time, step by step, while
 * shards split and merge and the process is killed, or stopped with a savepoint, and started again with another parallelism.
 * Which job, what else happens to it, and what must be true in the end is for those that extend it.
 */
import type { CheckpointStorage } from '../../core/checkpoint/checkpoint.ts'
import { Job } from '../../core/runtime/job/job.ts'
import type { JobServices } from '../../core/runtime/assembly/job-services.ts'
import type { JobGraph } from '../../core/graph/job-graph.ts'
import type { KinesisEmulator, VirtualClock } from '../../emulator/index.ts'
import { Incarnation } from './incarnation.ts'
import type { Random } from './random.ts'
import type { ProcessTable } from '../../core/checkpoint/process-table.ts'
import { processTable } from '../core/fakes/memory-lease-store.ts'
import { SimulatedDisk } from './simulated-disk.ts'

const STEPS = 60
/** Virtual time in which all must be well once the faults are over. */
const PATIENCE_MS = 300_000

/** Steps that every simulation has. */
type CommonStep = 'reshard' | 'kill' | 'stop' | 'wait'

export interface World {
  readonly random: Random
  readonly clock: VirtualClock
  readonly kinesis: KinesisEmulator
  readonly streamName: string
}

export interface Submission {
  readonly graph: (parallelism: number, configuration: Readonly<Record<string, string>>) => JobGraph
  readonly services: Omit<JobServices, 'clock' | 'functions' | 'print' | 'checkpointStorage'>
}

export abstract class Simulation<Step extends string> {
  /** What was done, newest last. */
  readonly log: string[] = []
  protected readonly random: Random
  protected readonly clock: VirtualClock
  protected readonly kinesis: KinesisEmulator
  protected readonly startedAt: number
  protected life!: Incarnation
  protected job: Job | null = null
  /** How often each thing was done; subclasses add to it. */
  protected readonly totals: Record<string, number> = { kills: 0, stops: 0, reshards: 0, restarts: 0 }
  readonly #streamName: string
  readonly #disk: SimulatedDisk
  #pid = 0
  readonly #configuration: Readonly<Record<string, string>>

  constructor({ random, clock, kinesis, streamName }: World) {
    this.random = random
    this.clock = clock
    this.kinesis = kinesis
    this.startedAt = clock.now()
    this.#streamName = streamName
    this.#disk = new SimulatedDisk(random.pick([1, 100, 700]))
    this.#configuration = {
      'execution.checkpointing.interval': random.pick(['100 ms', '500 ms', '2 s']),
      'execution.checkpointing.timeout': '5 s',
      'execution.checkpointing.tolerable-failed-checkpoints': '1000000',
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.attempts': '1000000',
      'restart-strategy.fixed-delay.delay': '100 ms',
    }
  }

  protected abstract readonly weights: Readonly<Record<Step | CommonStep, number>>
  protected abstract act(step: Step): void | Promise<void>
  /** The job as this life runs it. */
  protected abstract submission(life: Incarnation): Submission
  /** No more harm is done: what still waits for something to go wrong waits in vain. */
  protected abstract calm(): void
  /** Whether everything has arrived. */
  protected abstract settled(): boolean
  /** @throws Error saying what went wrong */
  protected abstract verify(): void

  /** @throws Error saying what went wrong */
  async run(): Promise<Readonly<Record<string, number>>> {
    await this.#live()
    for (let step = 0; step < STEPS; step++) {
      const what = this.random.weighted(this.weights)
      this.note(what)
      await this.#step(what)
      await this.pass(this.random.chance(0.1) ? this.random.int(2000, 15_000) : this.random.int(1, 400))
    }
    this.note('all is calm')
    this.kinesis.faults.clear()
    this.calm()
    await this.#settle()
    await this.pass(1000)
    // A subscription that fell silent before the calm may be noticed only now. It must be mended, too.
    await this.#settle()
    this.verify()
    this.life.kill()
    return this.totals
  }

  async #settle(): Promise<void> {
    for (let passed = 0; passed < PATIENCE_MS && !this.settled(); passed += 500) await this.pass(500, 100)
  }

  protected note(what: string): void {
    this.log.push(`${((this.clock.now() - this.startedAt) / 1000).toFixed(3)} ${what}`)
  }

  /** Lets virtual time pass; what is woken runs between the steps. */
  protected async pass(ms: number, stepMs = 50): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(stepMs, left))
      for (let i = 0; i < 2; i++) await new Promise<void>(resolve => setImmediate(resolve))
    }
  }

  async #step(what: Step | CommonStep): Promise<void> {
    switch (what) {
      case 'reshard':
        return this.#reshard()
      case 'kill':
        return this.#kill()
      case 'stop':
        return this.#stop()
      case 'wait':
        return
      default:
        await this.act(what)
    }
  }

  /** `savepoint`: what the first try starts from; null: the latest checkpoint. */
  async #live(savepoint: string | null = null): Promise<void> {
    for (let path = savepoint; ; path = null) {
      const life = new Incarnation(this.clock, this.random)
      this.life = life
      const parallelism = this.random.int(1, 3)
      const from = path ?? (this.#disk.isEmpty ? null : 'latest')
      const restored = from === null ? {} : { 'execution.state-recovery.path': from }
      const { graph, services } = this.submission(life)
      const job = new Job(graph(parallelism, { ...this.#configuration, ...restored }), {
        clock: life,
        functions: null,
        print: () => undefined,
        checkpointStorage: this.watched(this.#disk.seenBy(life)),
        processes: this.#processesOf(++this.#pid),
        ...services,
      })
      this.job = job
      const outcome: { started: boolean | null } = { started: null }
      job.start().then(
        () => (outcome.started = true),
        (error: unknown) => {
          this.note(`start failed: ${(error as Error).message}`)
          outcome.started = false
        },
      )
      for (let i = 0; i < 4000 && outcome.started === null; i++) await this.pass(50)
      if (outcome.started === true) {
        this.note(`runs with parallelism ${parallelism} from ${String(job.restoredFrom)}`)
        return
      }
      if (outcome.started === null) throw new Error('the job neither starts nor fails to')
      // What fails before the job runs is final; whoever started it starts it again.
      this.totals['restarts']!++
      life.kill()
    }
  }

  /** One lives at a time: the one before was killed, or has ended. */
  #processesOf(pid: number): ProcessTable {
    return { ...processTable({ pid }), lives: other => other.pid === pid }
  }

  async #kill(): Promise<void> {
    this.totals['kills']!++
    this.life.kill()
    // Whoever watches over it takes a moment.
    await this.pass(this.random.int(0, 2000))
    await this.#live()
  }

  /** With a savepoint, from which the next life starts; without, if something goes wrong on the way. */
  async #stop(): Promise<void> {
    const outcome: { path: string | null | undefined } = { path: undefined }
    this.job!.stopWithSavepoint().then(
      path => (outcome.path = path),
      (error: unknown) => {
        this.note(`not stopped: ${(error as Error).message}`)
        outcome.path = null
      },
    )
    for (let i = 0; i < 4000 && outcome.path === undefined; i++) await this.pass(50)
    if (outcome.path === undefined) throw new Error('the job does not stop')
    this.note(`stopped with ${String(outcome.path)}`)
    if (outcome.path !== null) {
      this.totals['stops']!++
    }
    this.life.kill()
    await this.#live(outcome.path)
  }

  /** The disk, as whoever keeps an account sees it. */
  protected watched(storage: CheckpointStorage): CheckpointStorage {
    return storage
  }

  async #reshard(): Promise<void> {
    const StreamName = this.#streamName
    const open = this.kinesis.records(StreamName).filter(s => s.open)
    const adjacent = open.flatMap(a =>
      open.filter(b => BigInt(a.endingHashKey) + 1n === BigInt(b.startingHashKey)).map(b => [a, b] as const),
    )
    try {
      if (adjacent.length > 0 && (open.length > 7 || this.random.chance(0.5))) {
        const [a, b] = this.random.pick(adjacent)
        this.note(`merge ${a.shardId} ${b.shardId}`)
        const input = { StreamName, ShardToMerge: a.shardId, AdjacentShardToMerge: b.shardId }
        await this.kinesis.call('MergeShards', input)
      } else {
        const { shardId, startingHashKey, endingHashKey } = this.random.pick(open)
        const middle = (BigInt(startingHashKey) + BigInt(endingHashKey)) / 2n
        this.note(`split ${shardId}`)
        const input = { StreamName, ShardToSplit: shardId, NewStartingHashKey: String(middle) }
        await this.kinesis.call('SplitShard', input)
      }
      this.totals['reshards']!++
    } catch (error) {
      // Still UPDATING after the last one.
      this.note(`no reshard: ${(error as Error).message}`)
    }
  }
}
