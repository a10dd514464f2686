// The lab's lights in Node, one line each: "suite, situation: light".
//
//   node labs/24_unit_integration/node.mjs
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { mock } from 'node:test';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const listening = (handler) => new Promise((resolve) => {
  const server = http.createServer(handler).listen(0, '127.0.0.1', () => resolve(server));
});
const post = (port, path, body) => new Promise((resolve, reject) => {
  http.request({ port, path, method: 'POST', agent: false }, (response) => {
    response.resume().on('end', () => resolve(response.statusCode));
  }).on('error', reject).end(body);
});
const bodyOf = async (request) => Buffer.concat(await request.toArray()).toString();

const signUp = async (address, { users, mailer }) => {
  if (!await users.add(address)) return 409;
  return await mailer.welcome(address) ? 201 : 502;
};
const fakeUsers = (all = new Set()) => ({ add: async (address) => all.size < all.add(address).size });
const httpMailer = (port) => ({
  welcome: async (to) => await post(port, '/messages', JSON.stringify({ to })) === 202,
});

async function light(test) {
  try {
    await test();
    return 'green';
  } catch (error) {
    if (!(error instanceof assert.AssertionError)) throw error;
    return 'red';
  }
}

// The mail service, and its next release, which calls the field something else.
let field = 'to';
const service = await listening(async (request, response) => {
  response.writeHead(field in JSON.parse(await bodyOf(request)) ? 202 : 400).end();
});
const mailer = httpMailer(service.address().port);

const withMocks = async () => {
  const welcome = mock.fn(async () => true);
  assert.equal(await signUp('ann@example.org', { users: fakeUsers(), mailer: { welcome } }), 201);
  assert.deepEqual(welcome.mock.calls[0].arguments, ['ann@example.org']);
};
const contract = async () => assert.ok(await mailer.welcome('ann@example.org'));
const integration = async () => {
  const users = fakeUsers();
  const app = await listening(async (request, response) => {
    response.writeHead(await signUp(await bodyOf(request), { users, mailer })).end();
  });
  try {
    assert.equal(await post(app.address().port, '/users', 'ann@example.org'), 201);
    assert.equal(await post(app.address().port, '/users', 'ann@example.org'), 409);
  } finally {
    app.close();
  }
};
for (const [situation, name] of [['no fault', 'to'], ['new mail API', 'recipient']]) {
  field = name;
  console.log(`with mocks, ${situation}: ${await light(withMocks)}`);
  console.log(`contract real, ${situation}: ${await light(contract)}`);
  console.log(`integration, ${situation}: ${await light(integration)}`);
}
service.close();

// A runner, an assertion alone, and a test that forgets to wait.
const folder = mkdtempSync(join(tmpdir(), 'kinds-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
function run(code, flags = []) {
  writeFileSync(join(folder, 'a.test.mjs'), `import assert from 'node:assert';\nimport test from 'node:test';\n${code}`);
  const { status, stdout } = spawnSync(process.execPath, [...flags, 'a.test.mjs'],
    { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH } });
  return { status, stdout };
}
const runner = ['--test', '--test-reporter=tap'];
console.log(`a runner: exit ${run(`test('x', () => assert.equal(1, 2));`, runner).status}`);
console.log(`an assertion without a runner: exit ${run('try { assert.equal(1, 2); } catch {}').status}`);
const forgot = run(`test('forgot', () => { (async () => 41)().then((answer) => assert.equal(answer, 42)); });`, runner);
console.log(`a test that forgets to wait: ${/^ *ok \d+ - forgot/m.test(forgot.stdout) ? 'green' : 'red'}`);
console.log(`and its file: exit ${forgot.status}`);
