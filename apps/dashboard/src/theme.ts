export type Theme = 'system' | 'light' | 'dark'

const name = 'hedge-theme'

/** The theme that was chosen in this browser. */
export function readTheme(): Theme {
  const stored = localStorage.getItem(name)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') document.documentElement.removeAttribute('data-theme')
  else document.documentElement.dataset.theme = theme
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(name)
  else localStorage.setItem(name, theme)
  applyTheme(theme)
}

/** Whether the page is dark now, by choice or by the system. */
export function isDark(theme: Theme): boolean {
  if (theme !== 'system') return theme === 'dark'
  return window.matchMedia('(prefers-color-scheme: dark)').matches
}
