// What http-cache-semantics and fresh decide: reads JSON from a file and prints, for each of
// `policies`, an object of decisions, and for each of `conditions` whether a 304 will do.
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';

const installed = createRequire(import.meta.url);
const CachePolicy = installed('http-cache-semantics');
const fresh = installed('fresh');

let now = 0;
CachePolicy.prototype.now = () => now;

const decide = (policy, request) => {
  const {response, revalidation} = policy.evaluateRequest(request);
  return {
    storable: policy.storable(),
    lifetime: policy.maxAge(),
    age: policy.age(),
    use: !revalidation ? 'fresh' : response ? 'stale' : 'ask',
  };
};

const {policies, conditions} = JSON.parse(readFileSync(process.argv[2], 'utf8'));
console.log(JSON.stringify({
  policies: policies.map(({shared, plain, request, response, received, again, asked, reply, later}) => {
    now = received;
    // Its default is a day in milliseconds, which it then takes for seconds.
    const options = plain ? {shared} : {shared, immutableMinTimeToLive: 24 * 3600};
    const policy = new CachePolicy(request, response, options);
    now = asked;
    const first = decide(policy, again);
    const sent = policy.revalidationHeaders(again);
    const {policy: next, modified} = policy.revalidatedPolicy(again, reply);
    now = later;
    return {
      first,
      tag: sent['if-none-match'] ?? '',
      since: sent['if-modified-since'] ?? '',
      modified,
      second: decide(next, again),
    };
  }),
  conditions: conditions.map(({request, response}) => fresh(request, response)),
}));
