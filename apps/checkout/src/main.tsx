import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { pageApi } from './api.ts'
import { App } from './app.tsx'
import './styles/page.css'
import './styles/form.css'
import './styles/outcome.css'
import './styles/skeleton.css'

const root = document.getElementById('page')
if (!root) throw new Error('index.html has no element #page')

// The path is /pay/pay_… or /checkout/cs_…
const id = location.pathname.split('/').filter(Boolean).at(-1) ?? ''
createRoot(root).render(
  <StrictMode>
    <App api={pageApi(id)} />
  </StrictMode>,
)
