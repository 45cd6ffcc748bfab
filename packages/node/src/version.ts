/** This package's version, which `User-Agent` contains. A test compares it with package.json. */
export const version = '0.1.0'
