// Answers with npm's `semver` what the test asks of both: node 27_semver.mjs QUESTIONS
//
// A line of the file, with a tab between each: a range, and versions. Its answer: the range
// as npm writes it, strict and with all pre-releases, and for each version how npm writes
// it, whether each of the two ranges allows it, and its order after the one before it.
import { readFileSync, writeFileSync } from 'node:fs';
import semver from 'semver';

const every = { includePrerelease: true };

function range(text, options) {
  try {
    return new semver.Range(text, options);
  } catch {
    return null;
  }
}

function answer(line) {
  const [asked, ...texts] = line.split('\t');
  const ranges = [range(asked), range(asked, every)];
  const answers = ranges.map((one) => (one ? one.range || '*' : 'none'));
  let before = null;
  for (const text of texts) {
    const version = semver.parse(text);
    if (!version) {
      answers.push('none');
      continue;
    }
    const allowed = ranges.map((one) => (one?.test(version) ? 'yes' : 'no'));
    const order = before ? version.compare(before) : 0;
    answers.push(`${version.version} ${allowed.join(' ')} ${order}`);
    before = version;
  }
  return answers.join('\t');
}

const lines = readFileSync(process.argv[2], 'utf8').split('\n').slice(0, -1);
writeFileSync(1, lines.map((line) => answer(line) + '\n').join(''));
