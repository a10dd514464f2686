// What a Node program would put around a call instead of lab 14's breaker.
import { play, timed } from './timed.mjs';

// Imported by who needs it: the bare call runs without either.
const opossum = async () => (await import('opossum')).default;
const cockatiel = () => import('cockatiel');

const service = async () => true;

const succeeding = (call) => async (count) => {
  let good = 0;
  for (let i = 0; i < count; ++i) good += await call();
  return `${good} good`;
};

const refusing = (call, isRefusal) => async (count) => {
  let refused = 0;
  for (let i = 0; i < count; ++i) {
    try {
      await call();
    } catch (error) {
      refused += isRefusal(error);
    }
  }
  return `${refused} refused`;
};

const policy = ({ circuitBreaker, ConsecutiveBreaker, handleAll }, limit) =>
  circuitBreaker(handleAll, { halfOpenAfter: 86_400_000, breaker: new ConsecutiveBreaker(limit) });

await play({
  bare: (count) => timed(count, succeeding(service)),
  async opossum(count) {
    const breaker = new (await opossum())(service);
    await timed(count, succeeding(() => breaker.fire()));
    breaker.shutdown();
  },
  async 'opossum-open'(count) {
    const breaker = new (await opossum())(service);
    breaker.open();
    await timed(count, refusing(() => breaker.fire(), ({ code }) => code === 'EOPENBREAKER'));
    breaker.shutdown();
  },
  async cockatiel(count) {
    const breaker = policy(await cockatiel(), 5);
    await timed(count, succeeding(() => breaker.execute(service)));
  },
  async 'cockatiel-open'(count) {
    const library = await cockatiel();
    const breaker = policy(library, 1);
    await breaker.execute(() => Promise.reject(new Error('away'))).catch(() => {});
    await timed(count, refusing(() => breaker.execute(service),
      (error) => error instanceof library.BrokenCircuitError));
  },
});
