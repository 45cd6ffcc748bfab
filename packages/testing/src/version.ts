import manifest from '../package.json' with { type: 'json' }

/** The version of this package. Test runs of different versions do not share a server. */
export const { version } = manifest
