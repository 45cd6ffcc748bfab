import { useQuery } from '@tanstack/react-query'
import { type ReactNode, Suspense, useEffect, useRef, useState } from 'react'
import { type Session, sessionQuery } from './api/session.ts'
import { lazyPage } from './lazy-page.ts'
import { PaymentPage } from './pages/payment/payment-page.tsx'
import { PaymentsPage } from './pages/payments/payments-page.tsx'
import { SignIn } from './pages/sign-in.tsx'
import { ErrorBoundary } from './parts/error-boundary.tsx'
import { Empty, Failed, Loading, StatePage } from './parts/states.tsx'
import { Link, useLocation } from './router.tsx'
import { Shell } from './shell.tsx'

const OverviewPage = lazyPage(
  async () => (await import('./pages/overview/overview-page.tsx')).OverviewPage,
)
const CancellationPage = lazyPage(
  async () => (await import('./pages/cancellation/cancellation-page.tsx')).CancellationPage,
)
const DisputesPage = lazyPage(
  async () => (await import('./pages/disputes/disputes-page.tsx')).DisputesPage,
)
const AttentionPage = lazyPage(
  async () => (await import('./pages/attention/attention-page.tsx')).AttentionPage,
)
const WebhooksPage = lazyPage(
  async () => (await import('./pages/webhooks/webhooks-page.tsx')).WebhooksPage,
)
const EventsPage = lazyPage(async () => (await import('./pages/events-page.tsx')).EventsPage)
const KeysPage = lazyPage(async () => (await import('./pages/keys/keys-page.tsx')).KeysPage)

/** The dashboard: the page of the address, or the sign-in form. */
export function App() {
  const session = useQuery({ ...sessionQuery, refetchInterval: 30_000 })
  const [wasSignedIn, setWasSignedIn] = useState(false)
  if (session.data && !wasSignedIn) setWasSignedIn(true)
  if (session.data) return <SignedIn session={session.data} />
  if (session.data === null) return <SignIn hasEnded={wasSignedIn} />
  return (
    <main className="lone">
      {session.error ? (
        <StatePage name="Hedge Payments">
          <Failed error={session.error} onRetry={() => void session.refetch()} />
        </StatePage>
      ) : (
        <LoadingPage />
      )}
    </main>
  )
}

function SignedIn({ session }: { session: Session }) {
  const { path } = useLocation()
  const main = useRef<HTMLElement>(null)
  const isFirst = useRef(true)
  // The focus moves to the new page, so that a screen reader announces it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is what changes the page
  useEffect(() => {
    if (!isFirst.current) main.current?.focus({ preventScroll: true })
    isFirst.current = false
  }, [path])
  return (
    <Shell session={session}>
      <main ref={main} id="main" className="main" tabIndex={-1}>
        <ErrorBoundary key={path}>
          <Suspense fallback={<LoadingPage />}>{pageOf(path, session)}</Suspense>
        </ErrorBoundary>
      </main>
    </Shell>
  )
}

function LoadingPage() {
  return (
    <StatePage name="Loading">
      <Loading />
    </StatePage>
  )
}

function pageOf(path: string, session: Session): ReactNode {
  const [, section = '', id] = path.split('/')
  if (section === '') return <OverviewPage />
  if (section === 'payments' && id) return <PaymentPage key={id} id={id} />
  if (section === 'payments') return <PaymentsPage session={session} />
  if (section === 'cancellations' && id) return <CancellationPage key={id} id={id} />
  if (section === 'disputes') return <DisputesPage />
  if (section === 'attention') return <AttentionPage />
  if (section === 'webhooks') return <WebhooksPage livemode={session.livemode} />
  if (section === 'events') return <EventsPage />
  if (section === 'keys') return <KeysPage session={session} />
  return (
    <StatePage name="Not found">
      <Empty title="There is no such page">
        <Link to="/">To the overview</Link>
      </Empty>
    </StatePage>
  )
}
