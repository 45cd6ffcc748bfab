import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from 'react'

/** Where the dashboard lives on its server. */
const base = '/dashboard'

const changed = new EventTarget()

/** The path below the dashboard, beginning with a slash, and its query. */
export interface Place {
  readonly path: string
  readonly search: URLSearchParams
}

let seen = ''
let place: Place = { path: '/', search: new URLSearchParams() }

function readPlace(): Place {
  const { pathname, search } = window.location
  const now = pathname + search
  if (now !== seen) {
    seen = now
    const path = pathname.slice(base.length).replace(/\/+$/, '')
    place = { path: path === '' ? '/' : path, search: new URLSearchParams(search) }
  }
  return place
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('popstate', onChange)
  changed.addEventListener('change', onChange)
  return () => {
    window.removeEventListener('popstate', onChange)
    changed.removeEventListener('change', onChange)
  }
}

export function usePlace(): Place {
  return useSyncExternalStore(subscribe, readPlace)
}

/** Goes to a place of the dashboard. `replace`: without an entry to come back to. */
export function go(to: string, options: { replace?: boolean } = {}): void {
  const address = hrefOf(to)
  if (options.replace) window.history.replaceState(null, '', address)
  else window.history.pushState(null, '', address)
  changed.dispatchEvent(new Event('change'))
  if (!options.replace) window.scrollTo(0, 0)
}

function hrefOf(to: string): string {
  return base + (to === '/' ? '' : to)
}

/** A link inside the dashboard: an ordinary one, so that it opens in a new tab as any other. */
export function Link({
  to,
  onClick,
  ...rest
}: { to: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey
    if (event.defaultPrevented || !isPlain) return
    event.preventDefault()
    go(to)
  }
  return <a {...rest} href={hrefOf(to)} onClick={follow} />
}
