import { german } from './de.ts'
import { english, type Text } from './en.ts'

/** The languages of the page. */
export const languages = ['en', 'de'] as const
/** One of the languages of the page. */
export type Language = (typeof languages)[number]

/** The names of the languages, each in its own language. */
export const languageNames: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' }

/** The texts of the page by language. */
export const texts: Readonly<Record<Language, Text>> = { en: english, de: german }

const chosenName = 'hedge-language'

/** The language chosen in this tab. Default: the browser's first language that has a translation. */
export function firstLanguage(wanted: readonly string[], storage: Storage): Language {
  const chosen = storage.getItem(chosenName)
  const all = chosen === null ? wanted : [chosen, ...wanted]
  return all.map(languageOf).find((language) => language !== undefined) ?? 'en'
}

/** Stores the choice until the tab is closed. */
export function keepLanguage(language: Language, storage: Storage): void {
  storage.setItem(chosenName, language)
}

/** The browser's variant of the language, which formats numbers and times: `en-GB` for `en`. */
export function localeOf(language: Language, wanted: readonly string[]): string {
  return wanted.find((locale) => languageOf(locale) === language) ?? language
}

function languageOf(locale: string): Language | undefined {
  return languages.find((language) => locale.toLowerCase().split('-')[0] === language)
}
