// On the whiteboard: compare two versions, and say what a caret allows.
import assert from 'node:assert';

const parse = (text) => text.split('.').map(Number);

function compare(a, b) {
  const left = parse(a);
  const right = parse(b);
  const at = left.findIndex((number, i) => number !== right[i]);
  return at === -1 ? 0 : left[at] - right[at]; // as numbers: 1.10.0 comes after 1.9.0
}

// Below the next version that may break us: the first number that is not zero grows.
function caretEnd(from) {
  const [major, minor, patch] = parse(from);
  if (major > 0) return `${major + 1}.0.0`;
  if (minor > 0) return `0.${minor + 1}.0`;
  return `0.0.${patch + 1}`;
}

const allows = (from, version) =>
  compare(version, from) >= 0 && compare(version, caretEnd(from)) < 0;

assert(compare('1.10.0', '1.9.0') > 0);
assert(allows('1.2.3', '1.9.9'));
assert(!allows('1.2.3', '1.2.2')); // what we call may not exist yet
assert(!allows('1.2.3', '2.0.0'));
assert(!allows('0.2.3', '0.3.0')); // below 1.0.0, minor acts as major
assert(!allows('0.0.3', '0.0.4'));
