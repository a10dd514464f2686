// The questions of scene `surprises`, answered by npm's `semver`.
//
//   npm ci --prefix tests/conformance            once: installs semver
//   node labs/27_semver/node.mjs
import { createRequire } from 'node:module';

const installed = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
let semver;
try {
  semver = installed('semver');
} catch {
  console.error('semver is not installed: npm ci --prefix tests/conformance');
  process.exit(77);
}

const versions = ['0.0.3', '0.0.4', '0.2.3', '0.2.9', '0.3.0', '1.2.3-beta.2', '1.2.3', '1.2.4',
  '1.3.0', '1.9.9', '2.0.0-rc.1', '2.0.0'];
const ranges = ['^0.2.3', '~0.2.3', '^0.0.3', '^0', '~1', '^1.2.3-beta.1', '1.2', '*', '<2.0.0',
  '>1', '1.2.3 - 1.9'];

for (const range of ranges) {
  const allowed = versions.filter((version) => semver.satisfies(version, range));
  console.log(`${range}: ${semver.validRange(range)} > ${allowed.join(' ') || 'none'}`);
}
