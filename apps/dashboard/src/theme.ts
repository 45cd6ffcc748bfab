/** The choice of colors. `system`: as the operating system says. */
export type Theme = 'system' | 'light' | 'dark'

const storageKey = 'hedge-theme'

/** The theme chosen in this browser. Default: the system's. */
export function readTheme(): Theme {
  const stored = localStorage.getItem(storageKey)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

/** Shows the page in a theme. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') document.documentElement.removeAttribute('data-theme')
  else document.documentElement.dataset.theme = theme
}

/** Shows the page in a theme, and stores the choice in this browser. */
export function chooseTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(storageKey)
  else localStorage.setItem(storageKey, theme)
  applyTheme(theme)
}

/** Whether the page is dark, by the user's choice or by the system's. */
export function isDark(theme: Theme): boolean {
  if (theme !== 'system') return theme === 'dark'
  return window.matchMedia('(prefers-color-scheme: dark)').matches
}
