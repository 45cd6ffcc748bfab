/** This package's version, as it is sent in `User-Agent`. A test keeps it equal to package.json. */
export const version = '0.1.0'
