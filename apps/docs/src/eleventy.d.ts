/** The part of Eleventy that the build uses. Eleventy comes without declarations. */
declare module '@11ty/eleventy' {
  import type MarkdownIt from 'markdown-it'

  export interface EleventyConfig {
    addGlobalData(name: string, value: unknown): void
    addFilter(name: string, filter: (value: string) => string): void
    addTemplate(path: string, content: string, data: Readonly<Record<string, unknown>>): void
    setLibrary(extension: 'md', library: MarkdownIt): void
    setNunjucksEnvironmentOptions(options: { readonly throwOnUndefined: boolean }): void
  }

  // biome-ignore lint/style/noDefaultExport: Eleventy exports its class like this.
  export default class Eleventy {
    constructor(
      input: string,
      output: string,
      options: {
        readonly quietMode: boolean
        readonly configPath: null
        readonly config: (config: EleventyConfig) => object
      },
    )
    disableLogger(): void
    write(): Promise<unknown>
  }
}
