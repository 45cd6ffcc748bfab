import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withServers } from '../support/servers/servers.ts'
import { isLongRun } from '../support/size.ts'
import { documentFile } from './document.ts'
import { explainSkip, hasModule, python, runPython } from './python.ts'

const fixture = withServers(1)
const packages = ['datamodel-code-generator==0.89.0', 'pydantic==2.14.3']

/** Calls the server with the standard library, and builds and parses all bodies by generated models. */
const program = `
import json, sys, urllib.error, urllib.request
from models import *

url, key = sys.argv[1:]

def call(method, path, body=None):
    data = None if body is None else body.model_dump_json(exclude_unset=True).encode()
    headers = {'authorization': 'Bearer ' + key, 'content-type': 'application/json'}
    request = urllib.request.Request(url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.read()
    except urllib.error.HTTPError as refused:
        return json.dumps(json.load(refused)['error'])

wanted = PaymentCreate(
    amount=9999, currency='USD', customer_email='a&b@example.com', description='Coffee 😀',
    metadata={'Größe 😀': '😀'}, success_url='https://shop.example.com',
    expires_at='2999-01-01T00:00:00Z')
refused = FieldDetails.model_validate(json.loads(call('POST', '/v1/payments', wanted))['details'])
wanted = wanted.model_copy(update={'expires_at': None})
wanted.model_fields_set.discard('expires_at')
created = Payment.model_validate_json(call('POST', '/v1/payments', wanted))
path = '/v1/payments/' + created.id
answer = json.loads(call('POST', path + '/cancel', PaymentCancel(reason='😀')))
canceled = Payment.model_validate({**answer, 'field_of_a_later_version': 1})
listed = PaymentList.model_validate_json(call('GET', '/v1/payments?limit=1'))
again = PaymentNotCancelableError.model_validate_json(call('POST', path + '/cancel'))
events = EventList.model_validate_json(call('GET', path + '/events'))
event = Event.model_validate_json(events.data[0].model_dump_json())
print(json.dumps({
    'created': created.description,
    'sent': created.success_url,
    'canceled': canceled.status.value,
    'year': canceled.canceled_at.year > 2000,
    'listed': listed.data[0].id == created.id,
    'refused': again.details.current_status.value,
    'invalid': refused.field,
    'event': [event.root.type, event.root.data.description],
    'class': type(event.root).__name__,
}))
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hedge-client-python-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Finds the generator, or installs it into the folder. Returns the reason if it is missing, else `null`. */
async function missing(): Promise<string | null> {
  if (python === null) return 'Python 3 is not installed'
  if (await hasModule('datamodel_code_generator, pydantic')) return null
  const install = ['-m', 'pip', 'install', '--quiet', '--no-input', '--retries', '0']
  const failed = await runPython([...install, '--target', folder, ...packages]).then(
    () => null,
    () => `pip cannot install ${packages.join(' and ')}`,
  )
  return failed
}

test.runIf(isLongRun)(
  'pydantic models of datamodel-code-generator create, cancel and list payments, and parse errors and events',
  async ({ skip }) => {
    const reason = await missing()
    if (reason !== null) return skip(explainSkip('the Python client', reason))
    const models = join(folder, 'models.py')
    const document = fileURLToPath(documentFile)
    const generate = ['-m', 'datamodel_code_generator', '--input-file-type', 'openapi']
    const pydantic = ['--output-model-type', 'pydantic_v2.BaseModel']
    const options = { path: folder }
    await runPython([...generate, ...pydantic, '--input', document, '--output', models], options)
    writeFileSync(join(folder, 'program.py'), program)
    const [server] = fixture.servers
    const args = [join(folder, 'program.py'), server?.url ?? '', server?.secretKey ?? '']
    expect(JSON.parse(await runPython(args, options))).toEqual({
      created: 'Coffee 😀',
      sent: 'https://shop.example.com',
      canceled: 'canceled',
      year: true,
      listed: true,
      refused: 'canceled',
      invalid: 'expires_at',
      event: ['payment.canceled', 'Coffee 😀'],
      class: 'PaymentCanceledEvent',
    })
  },
)
