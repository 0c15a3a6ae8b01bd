/** Options of the job as a whole: parallelism, checkpoints, restarts, Python. */
import { booleanOption, doubleOption, durationOption, enumOption, intOption, stringOption } from './config-option.ts'

export const executionOptions = {
  jobName: stringOption('pipeline.name', null, 'The name of the job, if the program sets none.'),
  submittedAt: intOption(
    'shardline.job.submitted-at',
    null,
    'The time at which the job was first submitted, in epoch milliseconds. `LATEST` and `stop-at latest` refer to it. A driver sets it when it submits a job again after an engine has failed, so that no record in between is missed. Default: now.',
    { min: 0, max: Number.MAX_SAFE_INTEGER },
  ),
  parallelism: intOption(
    'parallelism.default',
    null,
    'The parallelism of operators for which the program sets none. Default: the number of cores.',
    { min: 1, max: 32768 },
  ),
  maxParallelism: intOption(
    'pipeline.max-parallelism',
    128,
    'The number of key groups, which is the greatest parallelism that keyed state can have.',
    { min: 1, max: 32768 },
  ),
  runtimeMode: enumOption(
    'execution.runtime-mode',
    ['STREAMING', 'BATCH', 'AUTOMATIC'],
    'STREAMING',
    'Only `STREAMING` is supported.',
  ),
  checkpointInterval: durationOption(
    'execution.checkpointing.interval',
    null,
    'Time between checkpoints. Default: no checkpoints.',
  ),
  checkpointTimeout: durationOption(
    'execution.checkpointing.timeout',
    '10 min',
    'A checkpoint that takes longer fails.',
  ),
  checkpointMinPause: durationOption(
    'execution.checkpointing.min-pause',
    '0 ms',
    'The least pause between the end of a checkpoint and the start of the next.',
  ),
  checkpointMode: enumOption(
    'execution.checkpointing.mode',
    ['EXACTLY_ONCE', 'AT_LEAST_ONCE'],
    'EXACTLY_ONCE',
    'Barriers are aligned in both modes.',
  ),
  checkpointDirectory: stringOption(
    'execution.checkpointing.dir',
    null,
    "Directory for checkpoints: a path, a `file://` URL, or `s3://bucket/prefix`. The checkpoints of a job are in a folder with the job's name, so jobs that run at the same time need different names. Default: `.shardline/checkpoints` in the working directory.",
    {
      aliases: ['state.checkpoints.dir'],
    },
  ),
  tolerableFailures: intOption(
    'execution.checkpointing.tolerable-failed-checkpoints',
    0,
    'The number of consecutive failed checkpoints that do not fail the job.',
    {
      min: 0,
    },
  ),
  retainedCheckpoints: intOption(
    'execution.checkpointing.num-retained',
    1,
    'The number of completed checkpoints of a run that are kept. Checkpoints of earlier runs stay until you remove them.',
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
    'The time that a job has to drain after SIGINT or SIGTERM: to stop its sources, process their records and complete a last checkpoint. Then the job is ended, and a restore reads on from its newest checkpoint. By default a container is killed after 10 s.',
  ),
  checkpointKeyFile: stringOption(
    'shardline.checkpoint.hmac-key-file',
    null,
    'File with a secret key that signs checkpoints and savepoints. With a key, a job restores only checkpoints and savepoints that are signed with it. Default: the key in the environment variable `SHARDLINE_CHECKPOINT_HMAC_KEY`, else none.',
  ),
  savepointDirectory: stringOption(
    'execution.checkpointing.savepoint-dir',
    null,
    'The directory for savepoints, if the request names none. Default: beside the checkpoints.',
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
    'What the job does after a failure. Default: `exponential-delay` with checkpoints on, else `none`.',
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
    'Under the default strategy, the job ends when the same failure occurs this many times at the same position without a checkpoint in between. With 0 it does not end for this reason.',
    { min: 0 },
  ),
  bundleSize: intOption(
    'python.fn-execution.bundle.size',
    1000,
    'The greatest number of values in a bundle for a Python function.',
    {
      min: 1,
    },
  ),
  bundleTime: durationOption(
    'python.fn-execution.bundle.time',
    '1000 ms',
    'The time in which a Python function should process the bundles that are in flight, at most 125 ms. Bundles shrink for a slow function. A value does not wait for a bundle to fill.',
  ),
  bundlesInFlight: intOption(
    'shardline.python.bundles-in-flight',
    4,
    'The greatest number of bundles in flight to the Python functions of a subtask.',
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
    'The interval at which watermarks are emitted. With 0, only the last watermark is emitted, at the end of input.',
  ),
  channelCapacity: intOption(
    'shardline.channel.capacity',
    4,
    'The number of batches that may wait in the channel between two subtasks.',
    {
      min: 1,
    },
  ),
  prometheusPort: stringOption(
    'metrics.reporter.prom.port',
    null,
    "Port, or range of ports such as `9249-9260`, on which Prometheus scrapes the metrics of the job. The names are those of Flink's reporter. Without a port there is no endpoint.",
  ),
  prometheusHost: stringOption(
    'shardline.metrics.prom.host',
    '127.0.0.1',
    'The address on which that port listens. By default only this machine can connect. `0.0.0.0` listens on every address, for a Prometheus on another machine. The metrics show the names of streams and operators.',
  ),
  chaining: booleanOption(
    'pipeline.operator-chaining.enabled',
    true,
    'Whether operators that need no exchange of data are fused into chains.',
    {
      aliases: ['pipeline.operator-chaining'],
    },
  ),
  door: booleanOption(
    'shardline.door.enabled',
    true,
    'Whether the process opens a socket by which `shardline ps`, `stop`, `savepoint` and `explain` find its jobs. Only the same user can connect. Windows has no such socket.',
  ),
} as const
