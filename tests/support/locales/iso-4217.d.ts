/** Decimals of a currency, independent of the table under test. */
export declare function isoDecimals(currency: string): number
/** 999900 minor units as English writes them: `9,999.00` of HUF, `999,900` of JPY. */
export declare const sample: {
  minor: number
  written: (currency: string) => '' | '9,999.00' | '99.9900' | '999,900' | '999.900'
}
/** Languages whose digits are grouped and divided in each way that CLDR knows. */
export declare const locales: string[]
