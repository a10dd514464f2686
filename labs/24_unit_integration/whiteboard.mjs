// On the whiteboard: one sign-up, tested with a mock, and the mock tested as well.
import assert from 'node:assert/strict';

// The unit: it knows two promises, not who keeps them.
const signUp = async (address, { users, mailer }) => {
  if (!await users.add(address)) return 409;
  return await mailer.welcome({ to: address }) ? 201 : 502;
};

// A fake works, in memory. A mock remembers its calls and answers as it was told.
const fakeUsers = (all = new Set()) => ({ add: async (address) => all.size < all.add(address).size });
const mock = (answer, calls = []) => Object.assign(async (...args) => { calls.push(args); return answer; }, { calls });

// Unit test: the result, and who was called.
const welcome = mock(true);
const users = fakeUsers();
assert.equal(await signUp('ann@example.org', { users, mailer: { welcome } }), 201);
assert.equal(await signUp('ann@example.org', { users, mailer: { welcome } }), 409);
assert.equal(welcome.calls.length, 1, 'no mail for an address that is taken');

// The service's next release renames the field. The mock does not notice.
const mailService = async ({ recipient }) => recipient !== undefined;
assert.equal(await signUp('bob@example.org', { users, mailer: { welcome } }), 201);
assert.equal(await signUp('eve@example.org', { users, mailer: { welcome: mailService } }), 502);

// So both answer the same contract test.
const contract = async (service) => await service({ to: 'ann@example.org' }) === true;
assert.equal(await contract(mock(true)), true);
assert.equal(await contract(mailService), false);
