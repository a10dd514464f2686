// What a Node program would test lab 24's sign-up with.
import { mock } from 'node:test';
import { play, timed } from './timed.mjs';

const signUp = async (address, { users, mailer }) => {
  if (!await users.add(address)) return 409;
  return await mailer.welcome(address) ? 201 : 502;
};
const fakeUsers = (all = new Set()) => ({ add: async (address) => all.size < all.add(address).size });

const counting = (test) => (count) => timed(count, async (times) => {
  let created = 0;
  for (let i = 0; i < times; ++i) created += await test() === 201;
  return `${created} created`;
});

await play({
  // Handwritten, as ours are.
  doubles: counting(() => signUp('ann@example.org', { users: fakeUsers(), mailer: { welcome: async () => true } })),
  mocks: counting(() => signUp('ann@example.org', { users: { add: mock.fn(async () => true) }, mailer: { welcome: mock.fn(async () => true) } })),
  async supertest(count) {
    const { default: express } = await import('express');
    const { default: request } = await import('supertest');
    await counting(async () => {
      const users = fakeUsers();
      const app = express();
      app.post('/users', express.text(), async (asked, response) => {
        response.sendStatus(await signUp(asked.body, { users, mailer: { welcome: async () => true } }));
      });
      return (await request(app).post('/users').type('text').send('ann@example.org')).status;
    })(count);
  },
});
