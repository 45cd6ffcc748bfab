import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from 'react'

/** The dashboard's path on the server. */
const base = '/dashboard'

const navigation = new EventTarget()

/** The path below `base`, which begins with a slash, and the query. */
interface DashboardLocation {
  readonly path: string
  readonly search: URLSearchParams
}

let lastUrl = ''
let location: DashboardLocation = { path: '/', search: new URLSearchParams() }

/** Returns the same object until the address changes, as React requires. */
function readLocation(): DashboardLocation {
  const { pathname, search } = window.location
  const url = pathname + search
  if (url !== lastUrl) {
    lastUrl = url
    const path = pathname.slice(base.length).replace(/\/+$/, '')
    location = { path: path === '' ? '/' : path, search: new URLSearchParams(search) }
  }
  return location
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('popstate', onChange)
  navigation.addEventListener('change', onChange)
  return () => {
    window.removeEventListener('popstate', onChange)
    navigation.removeEventListener('change', onChange)
  }
}

/** The page and query of the address. Renders the component again when the address changes. */
export function useLocation(): DashboardLocation {
  return useSyncExternalStore(subscribe, readLocation)
}

/** Opens a page of the dashboard. `replace`: the browser's history gets no new entry. */
export function navigate(to: string, options: { replace?: boolean } = {}): void {
  const url = toUrl(to)
  if (options.replace) window.history.replaceState(null, '', url)
  else window.history.pushState(null, '', url)
  navigation.dispatchEvent(new Event('change'))
  if (!options.replace) window.scrollTo(0, 0)
}

function toUrl(to: string): string {
  return base + (to === '/' ? '' : to)
}

/** A link inside the dashboard. It is an `a` element, so that a new tab can open it. */
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
    navigate(to)
  }
  return <a {...rest} href={toUrl(to)} onClick={follow} />
}
