import type { PaymentPage } from '@hedgepayments/contract'
import { formatMoney } from '@hedgepayments/contract/amounts'
import { useEffect, useState } from 'react'
import type { PageApi } from './api.ts'
import { ConfirmStep } from './confirm-step.tsx'
import { PayForm } from './form/pay-form.tsx'
import { NotHere, Notice, Outcome } from './outcome.tsx'
import { Summary } from './summary.tsx'
import type { Text } from './text/en.ts'
import {
  firstLanguage,
  keepLanguage,
  type Language,
  languageNames,
  languages,
  localeOf,
  texts,
} from './text/language.ts'
import { type Connection, usePage } from './use-page.ts'

/** The whole page. */
export function App({ api }: { api: PageApi }) {
  const [language, setLanguage] = useState<Language>(() =>
    firstLanguage(navigator.languages, sessionStorage),
  )
  const text = texts[language]
  const locale = localeOf(language, navigator.languages)
  const { loaded, connection, show, reload } = usePage(api)

  const merchant = loaded.state === 'ready' ? loaded.page.merchant_name : null
  useEffect(() => {
    document.documentElement.lang = language
    document.title = merchant === null ? text.payment : text.payTo(merchant)
  }, [language, merchant, text])

  function choose(next: Language) {
    keepLanguage(next, sessionStorage)
    setLanguage(next)
  }

  return (
    <div className="frame">
      <Banner text={text} connection={connection} isTest={isTest(loaded)} />
      <main>
        {loaded.state === 'loading' ? <Loading text={text} /> : null}
        {loaded.state === 'missing' ? <Notice kind="missing" {...text.missing} /> : null}
        {loaded.state === 'broken' ? (
          <Notice kind="broken" {...text.broken} retry={{ label: text.retry, onClick: reload }} />
        ) : null}
        {loaded.state === 'ready' ? (
          <Ready
            page={loaded.page}
            aheadMs={loaded.aheadMs}
            {...{ api, text, locale, show, reload, isOffline: connection === 'offline' }}
          />
        ) : null}
      </main>
      <footer>
        <label>
          <span className="hidden">{text.language}</span>
          <select value={language} onChange={(event) => choose(event.target.value as Language)}>
            {languages.map((each) => (
              <option key={each} value={each} lang={each}>
                {languageNames[each]}
              </option>
            ))}
          </select>
        </label>
      </footer>
    </div>
  )
}

function Ready({
  page,
  aheadMs,
  api,
  text,
  locale,
  show,
  reload,
  isOffline,
}: {
  page: PaymentPage
  aheadMs: number
  api: PageApi
  text: Text
  locale: string
  show: (page: PaymentPage) => void
  reload: () => void
  isOffline: boolean
}) {
  const amount = formatMoney({ minor: page.amount, currency: page.currency }, locale)
  const now = () => new Date(Date.now() + aheadMs)
  return (
    <>
      <Summary {...{ page, text, locale, amount, now }} onExpired={reload} />
      <section className="step">{step()}</section>
    </>
  )

  function step() {
    switch (page.stage) {
      case 'open':
        return page.methods.length === 0 ? (
          <NotHere {...{ page, text }} />
        ) : (
          <PayForm {...{ page, api, text, amount, now, show, isOffline }} />
        )
      case 'confirming':
        return <ConfirmStep {...{ page, api, text, amount, show, isOffline }} />
      default:
        return <Outcome stage={page.stage} {...{ page, text, amount }} />
    }
  }
}

function isTest(loaded: ReturnType<typeof usePage>['loaded']): boolean {
  return loaded.state === 'ready' && !loaded.page.livemode
}

/** What is not as usual: test mode, and a connection that is gone. */
function Banner({
  text,
  connection,
  isTest,
}: {
  text: Text
  connection: Connection
  isTest: boolean
}) {
  return (
    <header>
      {isTest ? (
        <p className="test">
          <strong>{text.testMode}</strong> {text.testModeMeaning}
        </p>
      ) : null}
      <p className={connection === 'live' ? 'none' : 'lost'} role="status">
        {connection === 'offline' ? text.offline : null}
        {connection === 'lost' ? text.reconnecting : null}
      </p>
    </header>
  )
}

function Loading({ text }: { text: Text }) {
  return (
    <div className="skeleton" role="status">
      <h1 className="hidden">{text.loading}</h1>
      <div>
        <i className="short" />
        <i className="large" />
        <i />
      </div>
      <div className="step">
        <i className="field" />
        <i className="field" />
        <i className="field" />
        <i className="field" />
      </div>
    </div>
  )
}
