import { useQuery } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react'
import { type Session, sessionQuery } from './api/session.ts'
import { PaymentPage } from './pages/payment/payment-page.tsx'
import { PaymentsPage } from './pages/payments/payments-page.tsx'
import { SignIn } from './pages/sign-in.tsx'
import { ErrorBoundary } from './parts/error-boundary.tsx'
import { Empty, Failed, Loading, WholePage } from './parts/states.tsx'
import { Link, usePlace } from './router.tsx'
import { Shell } from './shell.tsx'

const OverviewPage = lazy(async () => {
  const page = await arrivalOf(import('./pages/overview/overview-page.tsx'))
  return { default: page.OverviewPage }
})
const CancellationPage = lazy(async () => {
  const page = await arrivalOf(import('./pages/cancellation/cancellation-page.tsx'))
  return { default: page.CancellationPage }
})
const WebhooksPage = lazy(async () => {
  const page = await arrivalOf(import('./pages/webhooks/webhooks-page.tsx'))
  return { default: page.WebhooksPage }
})
const EventsPage = lazy(async () => {
  const page = await arrivalOf(import('./pages/events-page.tsx'))
  return { default: page.EventsPage }
})
const KeysPage = lazy(async () => {
  const page = await arrivalOf(import('./pages/keys/keys-page.tsx'))
  return { default: page.KeysPage }
})

/** Everything: the sign-in, or the page that the address names. */
export function App() {
  const session = useQuery({ ...sessionQuery, refetchInterval: 30_000 })
  const [wasSignedIn, setWasSignedIn] = useState(false)
  if (session.data && !wasSignedIn) setWasSignedIn(true)
  if (session.data) return <SignedIn session={session.data} />
  if (session.data === null) return <SignIn hasEnded={wasSignedIn} />
  if (session.error) {
    return (
      <main className="lone">
        <WholePage name="Hedge Payments">
          <Failed error={session.error} onRetry={() => void session.refetch()} />
        </WholePage>
      </main>
    )
  }
  return (
    <main className="lone">
      <Waiting />
    </main>
  )
}

function SignedIn({ session }: { session: Session }) {
  const { path } = usePlace()
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  // A screen reader is told of the new page as it would be of a document.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is what changes the page
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true })
    first.current = false
  }, [path])
  return (
    <Shell session={session}>
      <main ref={main} id="main" className="main" tabIndex={-1}>
        <ErrorBoundary key={path}>
          <Suspense fallback={<Waiting />}>{pageOf(path, session)}</Suspense>
        </ErrorBoundary>
      </main>
    </Shell>
  )
}

/** The script of a page; what a browser says of one that did not come is for its developers. */
async function arrivalOf<Page>(page: Promise<Page>): Promise<Page> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no script within ${scriptMs} ms`)), scriptMs)
  })
  try {
    return await Promise.race([page, late])
  } catch (cause) {
    const why = 'This page could not be loaded: the server does not answer, or was upgraded.'
    throw new Error(why, { cause })
  } finally {
    clearTimeout(timer)
  }
}

/** A browser waits for a script as long as its connection stands. */
const scriptMs = 20_000

function Waiting() {
  return (
    <WholePage name="Loading">
      <Loading />
    </WholePage>
  )
}

function pageOf(path: string, session: Session): ReactNode {
  const [, section = '', id] = path.split('/')
  if (section === '') return <OverviewPage />
  if (section === 'payments' && id) return <PaymentPage key={id} id={id} />
  if (section === 'payments') return <PaymentsPage session={session} />
  if (section === 'cancellations' && id) return <CancellationPage key={id} id={id} />
  if (section === 'webhooks') return <WebhooksPage livemode={session.livemode} />
  if (section === 'events') return <EventsPage />
  if (section === 'keys') return <KeysPage session={session} />
  return (
    <WholePage name="Not found">
      <Empty title="There is no such page">
        <Link to="/">To the overview</Link>
      </Empty>
    </WholePage>
  )
}
