/**
 * Decimals of each currency that the API accepts: the column "minor unit" of ISO 4217, list one.
 * The table has every active code with a minor unit, units of account such as CLF included.
 * Codes without a minor unit (metals, bond market units, SDR, the test code) and those of the
 * monetary funds (Sucre, ADB unit, Arab accounting dinar) are not accepted.
 *
 * Never ask `Intl` for decimals: it follows CLDR, which rounds cash (HUF, IDR and PKR have none
 * there) and changes between versions of Node and of browsers.
 */
const codesByDecimals = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  // MGA and MRU are divided by five, and still have two decimals in ISO 4217.
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD ' +
    'CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL ' +
    'GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR ' +
    'LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD ' +
    'PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC ' +
    'SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
} as const

const decimals: ReadonlyMap<string, number> = new Map(
  Object.entries(codesByDecimals).flatMap(([digits, codes]) =>
    codes.split(' ').map((code): [string, number] => [code, Number(digits)]),
  ),
)

/** The currencies that the API accepts, upper case. */
export const currencies: ReadonlySet<string> = new Set([...decimals.keys()].sort())

/** Whether `code`, in any case, is a currency that the API accepts. */
export function isCurrency(code: string): boolean {
  // Only ASCII: other letters, such as the long s of `uſd`, become ASCII in upper case.
  return /^[A-Za-z]{3}$/.test(code) && decimals.has(code.toUpperCase())
}

/**
 * Decimals of a currency by ISO 4217 (upper case): 2 for `HUF`, 0 for `JPY`, 3 for `KWD`.
 * `undefined` for a code that the table does not have: its amounts cannot be written in major units.
 */
export function decimalsOf(currency: string): number | undefined {
  return decimals.get(currency)
}
