/**
 * Credentials that the user's own code provides (`CUSTOM`): a registered callable, or a module's export. A driver in another
 * language registers one that asks it, under the name that stands in `aws.credentials.provider.custom.class`.
 */
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import { maskedMessage, maskedUrl } from '../../foundation/config/mask.ts'
import { ConfigurationError, messageOf } from '../../foundation/errors.ts'
import type { AwsCredentials } from './refreshing-credentials.ts'

/** Called at the start, and again before its credentials expire. */
export type CredentialsProvider = () => Promise<AwsCredentials> | AwsCredentials

/** Makes a provider from the configuration of the job. Called once for each client. */
export type CredentialsProviderFactory = (
  properties: Readonly<Record<string, string>>,
) => Promise<CredentialsProvider> | CredentialsProvider

const DEFAULT_EXPORT = 'credentialsProvider'
const registered = new Map<string, CredentialsProviderFactory>()

/** Makes `name` a value of `aws.credentials.provider.custom.class`; calling the answer takes it back. */
export function registerCredentialsProvider(name: string, factory: CredentialsProviderFactory): () => void {
  registered.set(name, factory)
  return () => {
    if (registered.get(name) === factory) registered.delete(name)
  }
}

/** @throws ConfigurationError where there is no such callable */
export async function customCredentialsProvider(
  key: string,
  name: string,
  properties: Readonly<Record<string, string>>,
): Promise<CredentialsProvider> {
  const factory = registered.get(name) ?? (await importFactory(key, name))
  const provider: unknown = await factory(properties)
  if (typeof provider === 'function') return provider as CredentialsProvider
  throw new ConfigurationError(
    `${key}: '${maskedUrl(name)}' answered ${typeof provider}, not a function that answers credentials.`,
  )
}

/** Whether the text names a module. A text without a path and without `#` is a registered name. */
export const namesModule = (name: string): boolean => /^(file:|data:|\.{0,2}\/)/.test(name) || name.includes('#')

async function importFactory(key: string, name: string): Promise<CredentialsProviderFactory> {
  if (!namesModule(name))
    throw new ConfigurationError(
      `${key}: nothing is registered as '${maskedUrl(name)}'. Register it with registerCredentialsProvider, or name a module and its export, such as file:///opt/vault.mjs#credentials. Java classes cannot be loaded.`,
    )
  const hash = name.lastIndexOf('#')
  const module = hash < 0 ? name : name.slice(0, hash)
  const exported = hash < 0 ? DEFAULT_EXPORT : name.slice(hash + 1)
  const url = /^\.{0,2}\//.test(module) ? pathToFileURL(path.resolve(module)).href : module
  let exports: Readonly<Record<string, unknown>>
  try {
    exports = (await import(url)) as Readonly<Record<string, unknown>>
  } catch (cause) {
    throw new ConfigurationError(
      `${key}: module '${maskedUrl(module)}' could not be loaded: ${maskedMessage(messageOf(cause))}`,
      {
        cause,
      },
    )
  }
  const factory = exports[exported]
  if (typeof factory === 'function') return factory as CredentialsProviderFactory
  throw new ConfigurationError(`${key}: module '${maskedUrl(module)}' exports no function '${exported}'.`)
}
