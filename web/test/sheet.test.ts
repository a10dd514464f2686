import './browser';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { codeLines } from '../src/lab/code_lines';
import { onPaper, piecesOf } from '../src/lab/page';
import { casesAsScenes, rowsOf } from '../src/pictures/sequence';
import { bestScenes, scenesOf } from '../src/pictures/scenes';
import { Trace } from '../src/trace/trace';
import type { Wire } from '../src/trace/wire';

const kLabs = join(process.cwd(), '../labs');
const labs = readdirSync(kLabs, { withFileTypes: true }).filter((one) => one.isDirectory()).map(({ name }) => name);
const readme = (lab: string) => readFileSync(join(kLabs, lab, 'README.md'), 'utf8');

test('a sheet has what the page says, without where a screen would lead', () => {
  const { spoken, senior, wrong, instead } = piecesOf([
    '# 05', '', '## The answer in 30 seconds', '', 'It *slows* the', 'source.', '', '| sentence | by |', '| --- | --- |', '| It. | 05.1 |', '',
    '## What makes it a senior answer', '', '- **A mark is', '  no limit.** Because', '  of `x` (scene `ways`).', '- **Only its beginning,** and `more`.', '- plain', '- **Why?** So.', '',
    '## The usual wrong answer', '', '"*It limits the', 'buffer.*" It does not (05.1, scene `ways`):', '', '```', './lab run 5', '```', '', '## They will ask next', '', '**And?** No.', '',
  ].join('\n'));
  assert.equal(spoken, 'It *slows* the source.');
  assert.deepEqual(senior, [{ lead: 'A mark is no limit.', why: 'Because of `x`.' }, { lead: 'Only its beginning,', why: 'and `more`.' }, { lead: 'Why?', why: 'So.' }]);
  assert.equal(wrong, 'It limits the buffer.');
  assert.equal(instead, 'It does not.');
});

test('what a page does not have is empty', () => {
  for (const text of ['', '# 05', '## The answer in 30 seconds', '\n## The answer in 30 seconds\n', '\n## What makes it a senior answer\n- **',
    '\n## The usual wrong answer\n\nNo quotation.\n']) {
    const { spoken, senior, wrong } = piecesOf(text);
    assert.deepEqual([spoken, senior, wrong], ['', [], ''], text);
  }
});

test('only what is nothing but a reference is left out', () => {
  assert.equal(onPaper('So (scene `ways`). And (scenes `a` and `b`), or (01.2, 01.3, lab 03); see (lab 14).'), 'So. And, or; see.');
  for (const text of ['With a queue (bounded).', 'It is `f(a)`.', 'A stream (scene `stream`, its last curve).', 'In (5) steps.', 'Both (`a` and `b`).']) {
    assert.equal(onPaper(text), text);
  }
});

test('each of the thirty pages has all that a sheet shows', () => {
  assert.equal(labs.length, 30);
  for (const lab of labs) {
    const { spoken, senior, wrong, instead } = piecesOf(readme(lab));
    const words = spoken.split(' ').length;
    assert.ok(words >= 60 && words <= 110, `${lab}: ${words} words`);
    assert.ok(senior.length >= 3, `${lab}: ${senior.length} points`);
    for (const { lead, why } of senior.slice(0, 3)) assert.ok(lead && why, `${lab}: ${lead}`);
    assert.ok(wrong && instead, `${lab}: the wrong answer`);
    assert.doesNotMatch(`${spoken} ${wrong} ${instead}`, /^\W* \.|\n/);
  }
});

test('no line of code is lost, and each knows how far to the right it begins', () => {
  assert.deepEqual(codeLines(''), []);
  const lines = codeLines('if (a) {\n\n  // so\n  b("x");\n}\n');
  assert.deepEqual(lines.map(({ indent }) => indent), [0, 0, 2, 2, 0]);
  assert.deepEqual(lines[0]?.parts[0], { text: 'if', kind: 'keyword' });
  assert.ok(lines[2]?.parts.some(({ text, kind }) => text === '// so' && kind === 'comment'));
  for (const lab of labs) {
    let code = '';
    try { code = readFileSync(join(kLabs, lab, 'whiteboard.mjs'), 'utf8'); } catch { continue; }
    assert.equal(codeLines(code).map(({ parts }) => parts.map(({ text }) => text).join('')).join('\n'), code.trimEnd(), lab);
  }
});

let id = 0;
const told = (cat: string, name: string, ts: number, args = {}): Wire => ({ pid: 1, tid: 1, name, ph: 'i', ts, cat, args });
const mark = (lane: string, name: string, ts: number): Wire =>
  ({ pid: 1, tid: 1, name, ph: 'n', ts, cat: lane, id: `0x${(++id).toString(16)}`, args: { event: id, lane } });

test('the picture that says most comes first, and a sequence can be shown case by case', () => {
  const trace = new Trace();
  trace.addAll([
    told('scene', 'first', 0), told('picture', 'bars', 1, { feeds: ['t'] }),
    told('scene', 'second', 10), told('picture', 'sequence', 11, { feeds: ['a', 'b'] }),
    mark('case', 'short', 12), mark('a', 'one', 13),
    mark('case', 'long', 14), mark('a', 'two', 15), mark('b', 'three', 16),
    told('scene', 'third', 20),
  ]);
  assert.deepEqual(bestScenes(trace).map(({ title }) => title), ['second', 'first']);
  const cases = casesAsScenes(trace, scenesOf(trace));
  assert.deepEqual(cases.map((part) => rowsOf(trace, part).rows.map(({ text }) => text)), [['long', 'two', 'three'], ['short', 'one']]);
});
