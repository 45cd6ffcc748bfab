import type { Appearance } from '@stripe/stripe-js'

const dark = '(prefers-color-scheme: dark)'

/** The appearance of Stripe's fields: the colours of this page, as `styles/page.css` sets them. */
export function appearanceOfPage(): Appearance {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  return {
    theme: matchMedia(dark).matches ? 'night' : 'stripe',
    variables: {
      colorPrimary: colour('--accent'),
      colorBackground: colour('--card'),
      colorText: colour('--ink'),
      colorTextSecondary: colour('--soft'),
      colorDanger: colour('--wrong'),
      fontFamily: 'system-ui, sans-serif',
      borderRadius: '8px',
    },
  }
}

/** Calls `onChange` when the device changes between light and dark. Returns a function that ends this. */
export function onSchemeChange(onChange: () => void): () => void {
  const query = matchMedia(dark)
  query.addEventListener('change', onChange)
  return () => query.removeEventListener('change', onChange)
}
