// Makes an environment whose data about currencies differ from ISO 4217: every currency has one
// decimal, unless a caller names the digits. Loaded by `node --import` and by pages of a browser.
{
  const Original = Intl.NumberFormat
  const resolvedOptions = Original.prototype.resolvedOptions
  const numberToText = Number.prototype.toLocaleString
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 }
  const foreign = (options) => (options?.style === 'currency' ? { ...digits, ...options } : options)

  Intl.NumberFormat = new Proxy(Original, {
    construct: (target, [locale, options]) => new target(locale, foreign(options)),
    apply: (target, _, [locale, options]) => new target(locale, foreign(options)),
  })
  Original.prototype.resolvedOptions = function () {
    const resolved = resolvedOptions.call(this)
    return resolved.style === 'currency' ? { ...resolved, ...digits } : resolved
  }
  Number.prototype.toLocaleString = function (locale, options) {
    return numberToText.call(this, locale, foreign(options))
  }
}
