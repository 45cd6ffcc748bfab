import { type ReactNode, useState } from 'react'
import { type Session, signOut } from './api/session.ts'
import { Icon, type IconName } from './parts/icons.tsx'
import { Link, usePlace } from './router.tsx'
import { chooseTheme, isDark, readTheme } from './theme.ts'

const sections: readonly { to: string; name: string; icon: IconName }[] = [
  { to: '/', name: 'Overview', icon: 'overview' },
  { to: '/payments', name: 'Payments', icon: 'payments' },
  { to: '/webhooks', name: 'Webhooks', icon: 'webhooks' },
  { to: '/events', name: 'Events', icon: 'events' },
  { to: '/keys', name: 'API keys', icon: 'keys' },
]

/** What is around every page: whose account and which mode it is, and the way to the others. */
export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const { path } = usePlace()
  return (
    <div className={session.livemode ? 'shell' : 'shell shell-test'}>
      <a className="skip" href="#main">
        To the content
      </a>
      {session.livemode ? null : (
        <section className="test-banner" aria-label="Mode">
          <strong>Test mode</strong> <span>No real money moves here.</span>
        </section>
      )}
      <aside className="side">
        <p className="brand">
          <span className="brand-mark" aria-hidden="true">
            H
          </span>
          <span className="brand-name">
            {session.merchant.name}
            <small>{session.livemode ? 'Live mode' : 'Test mode'}</small>
          </span>
        </p>
        <nav aria-label="Sections" className="nav">
          {sections.map(({ to, name, icon }) => (
            <Link key={to} to={to} className="nav-link" aria-current={isIn(path, to)}>
              <Icon name={icon} />
              <span>{name}</span>
            </Link>
          ))}
        </nav>
        <Account session={session} />
      </aside>
      {children}
    </div>
  )
}

function isIn(path: string, to: string): 'page' | undefined {
  const isHere = to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`)
  return isHere || (to === '/payments' && path.startsWith('/cancellations')) ? 'page' : undefined
}

function Account({ session }: { session: Session }) {
  const [failed, setFailed] = useState(false)
  const [theme, setTheme] = useState(readTheme)
  const dark = isDark(theme)
  const leave = async () => {
    try {
      await signOut()
      // A new document: nothing of what was seen stays in memory.
      window.location.reload()
    } catch {
      // Without an answer the session may live on, and must not look as if it were over.
      setFailed(true)
    }
  }
  const turn = () => {
    const next = dark ? 'light' : 'dark'
    chooseTheme(next)
    setTheme(next)
  }
  return (
    <div className="account">
      <span className="account-key" title={session.key.secret_hint} role="status">
        {failed ? 'Not signed out: try again' : (session.key.name ?? session.key.secret_hint)}
      </span>
      <button
        type="button"
        className="icon-button"
        onClick={turn}
        aria-label={dark ? 'Light' : 'Dark'}
      >
        <Icon name={dark ? 'sun' : 'moon'} />
      </button>
      <button
        type="button"
        className="icon-button"
        onClick={() => void leave()}
        aria-label="Sign out"
      >
        <Icon name="signOut" />
      </button>
    </div>
  )
}
