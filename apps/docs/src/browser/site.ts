import { openOldLink } from './old-links.ts'
import { startSearch } from './search.ts'

openOldLink()
const form = document.querySelector<HTMLFormElement>('form.search')
if (form) startSearch(form)
