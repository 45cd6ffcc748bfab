/** The version of all packages of this release. Source: package.json of this package. */
export const version = '0.1.0'
