import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// A bare `node:http` server whose answers are as long as a payment. No server in Node can be faster. It
// also receives webhooks, and answers their count at /count.

const body = JSON.stringify({ padding: 'x'.repeat(1_000) })
const head = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
let webhooks = 0

const server = createServer((request, response) => {
  request.resume()
  request.once('end', () => {
    if (request.url === '/webhook') webhooks++
    if (request.url === '/count') response.end(String(webhooks))
    else response.writeHead(200, head).end(body)
  })
})
server.listen(0, '127.0.0.1', () => {
  console.log(`ready at http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.on('SIGTERM', () => process.exit(0))
