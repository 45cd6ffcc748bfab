/** ISO 4217 codes without two decimals. A second copy of the contract's table, so that tests check it. */
const otherDecimals: Readonly<Record<string, number>> = {
  ...of(0, ['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI']),
  ...of(0, ['VND', 'VUV', 'XAF', 'XOF', 'XPF']),
  ...of(3, ['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND']),
  ...of(4, ['CLF', 'UYW']),
}

/** Decimals of a currency, independent of the table under test. */
export function isoDecimals(currency: string): number {
  return otherDecimals[currency] ?? 2
}

/** 999900 minor units as English writes them: `9,999.00` of HUF, `999,900` of JPY. */
export const sample = {
  minor: 999_900,
  written: (currency: string) =>
    (['999,900', '', '9,999.00', '999.900', '99.9900'] as const)[isoDecimals(currency)] ?? '',
}

/** Languages that cover every way of CLDR to group digits and to write the decimal point. */
export const locales = [
  ...['en-US', 'de-DE', 'de-CH', 'de-AT', 'fr-FR', 'fr-CH', 'en-IN', 'hi-IN', 'es-ES', 'pt-PT'],
  ...['pt-CV', 'hu-HU', 'sv-SE', 'nb-NO', 'ja-JP', 'ar-EG', 'fa-IR', 'mr-IN', 'bn-BD', 'en-ZA'],
]

function of(decimals: number, codes: readonly string[]): Record<string, number> {
  return Object.fromEntries(codes.map((code) => [code, decimals]))
}
