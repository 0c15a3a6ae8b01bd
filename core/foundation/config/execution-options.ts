/** Options of the job as a whole: parallelism, checkpoints, restarts, Python. */
import { booleanOption, doubleOption, durationOption, enumOption, intOption, stringOption } from './config-option.ts'

export const executionOptions = {
  jobName: stringOption('pipeline.name', null, 'Name of the job, where the program gives none.'),
  submittedAt: intOption(
    'shardline.job.submitted-at',
    null,
    'When the job was first submitted, epoch milliseconds: what `LATEST` and `stop-at latest` mean. A driver that submits a job again after an engine died sets it, so that nothing in between is missed. Default: now.',
    { min: 0, max: Number.MAX_SAFE_INTEGER },
  ),
  parallelism: intOption(
    'parallelism.default',
    null,
    'Parallelism where the program sets none. Default: the number of cores.',
    { min: 1, max: 32768 },
  ),
  maxParallelism: intOption(
    'pipeline.max-parallelism',
    128,
    'Number of key groups, and so the most that state can be split.',
    { min: 1, max: 32768 },
  ),
  runtimeMode: enumOption(
    'execution.runtime-mode',
    ['STREAMING', 'BATCH', 'AUTOMATIC'],
    'STREAMING',
    'Only `STREAMING` is there yet.',
  ),
  checkpointInterval: durationOption(
    'execution.checkpointing.interval',
    null,
    'Time between checkpoints. Default: no checkpoints.',
  ),
  checkpointTimeout: durationOption(
    'execution.checkpointing.timeout',
    '10 min',
    'A checkpoint that takes longer is given up.',
  ),
  checkpointMinPause: durationOption('execution.checkpointing.min-pause', '0 ms', 'Least pause after a checkpoint.'),
  checkpointMode: enumOption(
    'execution.checkpointing.mode',
    ['EXACTLY_ONCE', 'AT_LEAST_ONCE'],
    'EXACTLY_ONCE',
    'Barriers are aligned in both modes.',
  ),
  checkpointDirectory: stringOption(
    'execution.checkpointing.dir',
    null,
    "Directory for checkpoints: a path, a `file://` URL, or `s3://bucket/prefix`. Checkpoints lie in a folder of the job's name below it: two jobs that run at once need two names. Default: `.shardline/checkpoints` here.",
    {
      aliases: ['state.checkpoints.dir'],
    },
  ),
  tolerableFailures: intOption(
    'execution.checkpointing.tolerable-failed-checkpoints',
    0,
    'Failed checkpoints in a row that do not fail the job.',
    {
      min: 0,
    },
  ),
  retainedCheckpoints: intOption(
    'execution.checkpointing.num-retained',
    1,
    'Completed checkpoints of a run to keep; those of earlier runs stay until you remove them.',
    {
      min: 1,
      aliases: ['state.checkpoints.num-retained'],
    },
  ),
  checkpointRetention: enumOption(
    'execution.checkpointing.externalized-checkpoint-retention',
    ['RETAIN_ON_CANCELLATION', 'DELETE_ON_CANCELLATION', 'NO_EXTERNALIZED_CHECKPOINTS'],
    'RETAIN_ON_CANCELLATION',
    "Whether checkpoints stay when the job is cancelled. They stay when it fails. (Flink's default deletes them.)",
  ),
  drainTimeout: durationOption(
    'shardline.job.drain-timeout',
    '8 s',
    'How long SIGINT and SIGTERM wait until the sources have stopped, what they gave is worked off, and a last checkpoint is complete. Then the job is ended, and a restore reads on from its newest checkpoint. A container has 10 s by default before it is killed.',
  ),
  checkpointKeyFile: stringOption(
    'shardline.checkpoint.hmac-key-file',
    null,
    'File with a secret key that signs checkpoints and savepoints. With a key, a job starts only from what is signed with it. Default: the key in the environment variable `SHARDLINE_CHECKPOINT_HMAC_KEY`, else none.',
  ),
  savepointDirectory: stringOption(
    'execution.checkpointing.savepoint-dir',
    null,
    'Directory for savepoints, where the request names none. Default: beside the checkpoints.',
    { aliases: ['state.savepoints.dir'] },
  ),
  restorePath: stringOption(
    'execution.state-recovery.path',
    null,
    'Checkpoint to start from: a path; `latest` of this job, which must be there; or `auto`, the latest of this job if there is one, else the beginning. A supervisor starts a job with `auto`, the first time and each time after.',
    {
      aliases: ['execution.savepoint.path'],
    },
  ),
  ignoreUnclaimedState: booleanOption(
    'execution.state-recovery.ignore-unclaimed-state',
    false,
    'Start from a checkpoint even if it holds state of operators that the job no longer has.',
    {
      aliases: ['execution.savepoint.ignore-unclaimed-state'],
    },
  ),
  restartStrategy: enumOption(
    'restart-strategy.type',
    ['none', 'fixed-delay', 'exponential-delay', 'failure-rate'],
    null,
    'What follows a failure. Default: `exponential-delay` with checkpoints on, else `none`.',
    { aliases: ['restart-strategy'] },
  ),
  fixedDelayAttempts: intOption('restart-strategy.fixed-delay.attempts', 1, 'Restarts before the job fails.', {
    min: 0,
  }),
  fixedDelayMs: durationOption('restart-strategy.fixed-delay.delay', '1 s', 'Pause before a restart.'),
  failureRateMax: intOption(
    'restart-strategy.failure-rate.max-failures-per-interval',
    1,
    'Failures within the interval after which the job fails.',
    { min: 1 },
  ),
  failureRateIntervalMs: durationOption(
    'restart-strategy.failure-rate.failure-rate-interval',
    '1 min',
    'Interval in which failures are counted.',
  ),
  failureRateDelayMs: durationOption('restart-strategy.failure-rate.delay', '1 s', 'Pause before a restart.'),
  exponentialInitialMs: durationOption(
    'restart-strategy.exponential-delay.initial-backoff',
    '1 s',
    'Pause before the first restart.',
  ),
  exponentialMaxMs: durationOption(
    'restart-strategy.exponential-delay.max-backoff',
    '1 min',
    'Longest pause before a restart.',
  ),
  exponentialMultiplier: doubleOption(
    'restart-strategy.exponential-delay.backoff-multiplier',
    1.5,
    'Growth of the pause.',
  ),
  exponentialResetMs: durationOption(
    'restart-strategy.exponential-delay.reset-backoff-threshold',
    '1 h',
    'Time without a failure that resets the pause.',
  ),
  sameFailureLimit: intOption(
    'shardline.restart.same-failure-limit',
    3,
    'Under the default strategy: the same failure at the same position this often, with no checkpoint in between, ends the job. 0: never.',
    { min: 0 },
  ),
  bundleSize: intOption('python.fn-execution.bundle.size', 1000, 'Most values in a bundle to a Python function.', {
    min: 1,
  }),
  bundleTime: durationOption(
    'python.fn-execution.bundle.time',
    '1000 ms',
    'The bundles in flight to a Python function should be answered within this time, and within 125 ms if it is longer: they shrink for a slow function. No value waits for company.',
  ),
  bundlesInFlight: intOption(
    'shardline.python.bundles-in-flight',
    4,
    'Most unanswered bundles of a Python function and subtask.',
    { min: 1, max: 256 },
  ),
  pythonMode: enumOption(
    'python.execution-mode',
    ['thread', 'process'],
    'thread',
    'Where Python functions run: in the driver, or in processes of their own. (Flink: `process`.)',
  ),
  autoWatermarkInterval: durationOption(
    'pipeline.auto-watermark-interval',
    '200 ms',
    'How often sources say how far event time has come. 0: only at the end of input.',
  ),
  channelCapacity: intOption('shardline.channel.capacity', 4, 'Batches that may wait between two subtasks.', {
    min: 1,
  }),
  prometheusPort: stringOption(
    'metrics.reporter.prom.port',
    null,
    "Port, or range of ports such as `9249-9260`, on which Prometheus finds the metrics of the job, under the names of Flink's reporter. Default: none.",
  ),
  prometheusHost: stringOption(
    'shardline.metrics.prom.host',
    '127.0.0.1',
    'Address of that port. By default only this machine reaches it; `0.0.0.0` is every address, for a Prometheus elsewhere. Its readers see names of streams and operators, and figures.',
  ),
  chaining: booleanOption('pipeline.operator-chaining.enabled', true, 'Fuse operators that need no exchange.', {
    aliases: ['pipeline.operator-chaining'],
  }),
  door: booleanOption(
    'shardline.door.enabled',
    true,
    "Whether `shardline ps`, `stop`, `savepoint` and `explain` find the running job, by a socket that is its user's alone. There is none on Windows.",
  ),
} as const
