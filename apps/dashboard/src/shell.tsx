import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { attentionQuery } from './api/attention.ts'
import { type Session, signOut } from './api/session.ts'
import { Icon, type IconName } from './parts/icons.tsx'
import { Link, useLocation } from './router.tsx'
import { chooseTheme, isDark, readTheme } from './theme.ts'

const sections: readonly { to: string; name: string; icon: IconName }[] = [
  { to: '/', name: 'Overview', icon: 'overview' },
  { to: '/payments', name: 'Payments', icon: 'payments' },
  { to: '/disputes', name: 'Disputes', icon: 'disputes' },
  { to: '/webhooks', name: 'Webhooks', icon: 'webhooks' },
  { to: '/events', name: 'Events', icon: 'events' },
  { to: '/keys', name: 'API keys', icon: 'keys' },
]

/** The frame of every page: account, mode and navigation. */
export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  return (
    <div className={session.livemode ? 'shell' : 'shell shell-test'}>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      {session.livemode ? null : (
        <section className="test-banner" aria-label="Mode">
          <strong>Test mode</strong> <span>No real money moves here.</span>
        </section>
      )}
      <aside className="side">
        <Brand session={session} />
        <Navigation />
        <Account session={session} />
      </aside>
      {children}
    </div>
  )
}

function Brand({ session }: { session: Session }) {
  return (
    <p className="brand">
      <span className="brand-mark" aria-hidden="true">
        H
      </span>
      <span className="brand-name">
        {session.merchant.name}
        <small>{session.livemode ? 'Live mode' : 'Test mode'}</small>
      </span>
    </p>
  )
}

function Navigation() {
  const { path } = useLocation()
  return (
    <nav aria-label="Sections" className="nav">
      {sections.map(({ to, name, icon }) => (
        <Link key={to} to={to} className="nav-link" aria-current={isIn(path, to)}>
          <Icon name={icon} />
          <span>{name}</span>
        </Link>
      ))}
      <AttentionLink path={path} />
    </nav>
  )
}

/** Appears while payments need attention, with their number. */
function AttentionLink({ path }: { path: string }) {
  const to = '/attention'
  const { data: list } = useQuery({ ...attentionQuery, refetchInterval: 30_000 })
  if (!list || list.data.length === 0) return null
  const count = list.has_more ? `${list.data.length}+` : `${list.data.length}`
  return (
    <Link to={to} className="nav-link nav-alert" aria-current={isIn(path, to)}>
      <Icon name="alert" />
      <span>
        Needs attention <span className="nav-count">{count}</span>
      </span>
    </Link>
  )
}

function isIn(path: string, to: string): 'page' | undefined {
  const isHere = to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`)
  return isHere || (to === '/payments' && path.startsWith('/cancellations')) ? 'page' : undefined
}

function Account({ session }: { session: Session }) {
  const [theme, setTheme] = useState(readTheme)
  const dark = isDark(theme)
  // A new document removes all data from memory. After a failure the page must not look signed out,
  // because the session may still be valid.
  const leave = useMutation({ mutationFn: signOut, onSuccess: () => window.location.reload() })
  const toggleTheme = () => {
    const next = dark ? 'light' : 'dark'
    chooseTheme(next)
    setTheme(next)
  }
  return (
    <div className="account">
      <span className="account-key" title={session.key.secret_hint} role="status">
        {leave.isError
          ? 'Not signed out: try again'
          : (session.key.name ?? session.key.secret_hint)}
      </span>
      <button
        type="button"
        className="icon-button"
        onClick={toggleTheme}
        aria-label={dark ? 'Light' : 'Dark'}
      >
        <Icon name={dark ? 'sun' : 'moon'} />
      </button>
      <button
        type="button"
        className="icon-button"
        onClick={() => leave.mutate()}
        aria-label="Sign out"
      >
        <Icon name="signOut" />
      </button>
    </div>
  )
}
