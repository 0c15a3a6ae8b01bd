/** Where a service of AWS is: checks of endpoints and regions that a user gives. */
import { ConfigurationError } from '../errors.ts'
import { maskedUrl } from './mask.ts'

/** `localhost:4567` is a URL too, of the scheme `localhost`. @throws ConfigurationError */
export function checkEndpoint(from: string, endpoint: string, example = 'http://127.0.0.1:4567'): void {
  if (!URL.canParse(endpoint) || !/^https?:\/\//i.test(endpoint))
    throw new ConfigurationError(`${from}: '${maskedUrl(endpoint)}' is not a URL such as ${example}.`)
  const { username, password } = new URL(endpoint)
  if (username !== '' || password !== '')
    throw new ConfigurationError(
      `${from}: '${maskedUrl(endpoint)}' has a user or a password, which no endpoint of AWS takes. Credentials are given as aws.credentials.provider.`,
    )
}

/** @param from option or variable, for the message. @throws ConfigurationError */
export function checkRegion(from: string, region: string): void {
  if (!/^[a-z\d-]+$/i.test(region))
    throw new ConfigurationError(`${from}: '${maskedUrl(region)}' is not a region such as eu-west-1.`)
}
