import { InvalidArgumentError } from 'commander'

/** Parses `3000`, `localhost:3000/webhooks` or a URL to the URL of a local server. */
export function parseTarget(value: string): string {
  const text = /^\d{1,5}$/.test(value) ? `localhost:${value}` : value
  // Without a scheme: `localhost:` would be parsed as a scheme.
  const url = parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  if (url) return url.href
  throw new InvalidArgumentError(
    'Expected a port, localhost:3000/webhooks, or a URL like http://localhost:3000/webhooks.',
  )
}

function parse(text: string): URL | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : null
}
