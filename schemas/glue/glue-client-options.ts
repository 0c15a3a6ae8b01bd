/** The configuration of a client of the Glue Schema Registry. */
import type { Configuration } from '../../core/foundation/config/configuration.ts'

export interface GlueClientOptions {
  /** Region, endpoint, credentials and HTTP options, under the keys that all AWS clients share. */
  readonly configuration: Configuration
  readonly proxyUrl: string | null
  /** What Amazon's library reports in its user agent. */
  readonly userAgent: {
    readonly autoRegistration: boolean
    readonly compression: boolean
    readonly secondaryDeserializer: boolean
    readonly app: string
  }
}
