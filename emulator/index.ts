// `shardline/testing`: an emulator of Amazon Kinesis Data Streams for tests, demos and benchmarks. It runs in the process
// of the program that starts it.
//
//   const kinesis = await KinesisEmulator.start({ streams: { flights: 4 } })
//   new KinesisClient({ endpoint: kinesis.endpoint, region: kinesis.region, ... })
//   await kinesis.close()
export { KinesisEmulator } from './kinesis-emulator.ts'
export type { NewRecord, OpenSubscription, PutResult, ShardRecords } from './kinesis-emulator.ts'
export type { StoredRecord } from './stored-record.ts'
export type { EmulatorOptions, ProtocolName, StreamOptions } from './options.ts'
export { SystemClock, VirtualClock } from './clock.ts'
export type { Clock } from './clock.ts'
export { KinesisError } from './errors.ts'
export { ConnectionReset } from './service/in-process.ts'
export type { ShardEvent, ShardSubscription } from './service/in-process.ts'
export type { WireObject, WireValue } from './encoding/wire-value.ts'
export type { Fault, FaultRule } from './faults/fault.ts'
export type { Faults, InjectedFault } from './faults/faults.ts'
export type { LoggedRequest, RequestLog } from './requests/request-log.ts'
