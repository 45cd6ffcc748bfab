import { InvalidArgumentError } from 'commander'
import { usageError } from '../exit-codes.ts'

/** Parses `3000`, `localhost:3000/webhooks` or a URL to the URL of a local server. */
export function parseTarget(value: string): string {
  const text = /^\d{1,5}$/.test(value) ? `localhost:${value}` : value
  // Without a scheme: `localhost:` would be parsed as a scheme.
  const url = parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  if (!url) {
    throw new InvalidArgumentError(
      'Expected a port, localhost:3000/webhooks, or a URL like http://localhost:3000/webhooks.',
    )
  }
  if (url.username || url.password) {
    // Not an error of commander, because commander repeats the value.
    throw usageError(
      '--forward-to takes no user and no password: a webhook has none. Expected localhost:3000/webhooks.',
    )
  }
  if (url.port === '0') {
    throw new InvalidArgumentError('Nothing can listen on port 0. Expected a port from 1 to 65535.')
  }
  return url.href
}

function parse(text: string): URL | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : null
}
