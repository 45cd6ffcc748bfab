import { useEffect, useState } from 'react'
import type { PageApi } from './api.ts'
import { Banner } from './banner.tsx'
import { type Loaded, usePage } from './live/use-page.ts'
import { LoadingPage } from './loading-page.tsx'
import { PaymentView } from './payment-view.tsx'
import { Notice } from './steps/notice.tsx'
import {
  firstLanguage,
  keepLanguage,
  type Language,
  languageNames,
  languages,
  localeOf,
  texts,
} from './text/language.ts'

/** The payment page: the payment, or why there is none, in the customer's language. */
export function App({ api }: { api: PageApi }) {
  const [language, setLanguage] = useLanguage()
  const text = texts[language]
  const { loaded, connection, show, reload } = usePage(api)
  useDocumentTitle(language, loaded)
  return (
    <div className="frame">
      <Banner text={text} connection={connection} isTest={isTest(loaded)} />
      <main>
        {loaded.state === 'loading' ? <LoadingPage text={text} /> : null}
        {loaded.state === 'missing' ? <Notice kind="missing" {...text.missing} /> : null}
        {loaded.state === 'broken' ? (
          <Notice kind="broken" {...text.broken} retry={{ label: text.retry, onClick: reload }} />
        ) : null}
        {loaded.state === 'ready' ? (
          <PaymentView
            page={loaded.page}
            aheadMs={loaded.aheadMs}
            locale={localeOf(language, navigator.languages)}
            isOffline={connection === 'offline'}
            {...{ api, text, show, reload }}
          />
        ) : null}
      </main>
      <footer>
        <LanguageChoice language={language} onChange={setLanguage} />
      </footer>
    </div>
  )
}

function useLanguage() {
  const [language, setLanguage] = useState<Language>(() =>
    firstLanguage(navigator.languages, sessionStorage),
  )
  const choose = (next: Language) => {
    keepLanguage(next, sessionStorage)
    setLanguage(next)
  }
  return [language, choose] as const
}

function useDocumentTitle(language: Language, loaded: Loaded): void {
  const text = texts[language]
  const merchant = loaded.state === 'ready' ? loaded.page.merchant_name : null
  useEffect(() => {
    document.documentElement.lang = language
    document.title = merchant === null ? text.payment : text.payTo(merchant)
  }, [language, merchant, text])
}

function isTest(loaded: Loaded): boolean {
  return loaded.state === 'ready' && !loaded.page.livemode
}

function LanguageChoice({
  language,
  onChange,
}: {
  language: Language
  onChange: (language: Language) => void
}) {
  return (
    <label>
      <span className="hidden">{texts[language].language}</span>
      <select value={language} onChange={(event) => onChange(event.target.value as Language)}>
        {languages.map((each) => (
          <option key={each} value={each} lang={each}>
            {languageNames[each]}
          </option>
        ))}
      </select>
    </label>
  )
}
