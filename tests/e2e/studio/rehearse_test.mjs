// The mock interview and the plan in a real browser, over several days. The calendar is
// injected (UNDERLOOP_TODAY); nothing is asserted on a clock, and every wait has a deadline.
import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { axeSource, missing, Served } from './served.mjs';

const why = missing();
const options = { skip: why || false, timeout: 300_000 };
let served;

before(async () => {
  if (why) return;
  process.env.UNDERLOOP_TODAY = '2026-12-01';
  served = await Served.start();
  await served.open();
});
after(async () => { await served?.close(); });

const folder = () => join(served.data, 'underloop');
const go = (page, hash) => page.evaluate((hash) => { location.hash = hash; }, hash);
const lines = async (name) => (await readFile(join(folder(), name), 'utf8').catch(() => '')).split('\n').filter(Boolean);
const interviews = async () => (await lines('interviews.ndjson')).map((line) => JSON.parse(line));

// The studio ends and begins again, on another day.
async function onDay(day) {
  served.studio.kill('SIGTERM');
  await served.ended;
  process.env.UNDERLOOP_TODAY = day;
  await served.serve(Number(new URL(served.origin).port));
}

async function onPage(act, how = {}) {
  const page = await served.page(how);
  try {
    await act(page);
    assert.deepEqual(page.complaints.filter((text) => !/WebSocket|ERR_CONNECTION/.test(text)), []);
  } finally {
    await page.context().close();
  }
}

async function faults(page) {
  await page.evaluate(await readFile(axeSource, 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}

// Nothing is cut off at the side, and axe finds nothing serious; in both themes and three widths.
async function looksRight(page) {
  for (const width of [1440, 1024, 390]) {
    await page.setViewportSize({ width, height: 900 });
    for (let theme = 0; theme < 2; ++theme) {
      await page.click('button[aria-label^="Change to"]');
      assert.deepEqual(await faults(page), [], `${await page.textContent('h1')}, ${width} px`);
    }
    const wide = await page.evaluate(() => [document.documentElement, document.querySelector('main')]
      .some((box) => box.scrollWidth > box.clientWidth));
    assert.ok(!wide, `${await page.textContent('h1')}: wider than ${width} px`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

const step = (page, name) => page.waitForSelector(`.step.is-${name}`);
const enter = (page) => page.waitForTimeout(250).then(() => page.keyboard.press('Enter'));

test('a whole interview with the keyboard alone, left in the middle and taken up again', options, () => onPage(async (page) => {
  await go(page, '#/mock?lab=14&minutes=15');
  await step(page, 'none');
  await looksRight(page);
  await page.focus('input[type="number"]');
  await page.keyboard.press('Enter');
  await step(page, 'asked');
  assert.match(await page.textContent('.step h2'), /circuit breaker/);
  assert.match(await page.textContent('[role="timer"]'), /^[12]:\d\d$/);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H2', 'a screen reader reads the question');
  await looksRight(page);

  await page.focus('.step h2');
  await enter(page);
  await step(page, 'type');
  await page.focus('textarea');
  await page.keyboard.type('It opens after failures.');
  await go(page, '#/ledger');
  await page.waitForSelector('.ledger');
  await page.reload();
  await go(page, '#/mock');
  await step(page, 'type');
  await page.waitForFunction(() => document.querySelector('textarea')?.value === 'It opens after failures.');
  await looksRight(page);
  await page.focus('textarea');
  await page.waitForTimeout(250);
  await page.keyboard.press('Control+Enter');

  await step(page, 'check');
  assert.match(await page.textContent('.step'), /It opens after failures\./);
  await page.focus('.checklist input');
  await page.keyboard.press('Space');
  await page.waitForFunction(() => /1 of 5/.test(document.querySelector('.checklist legend')?.textContent));
  await looksRight(page);
  await onDay('2026-12-01');  // the studio ends in the middle
  await page.waitForFunction(() => document.querySelector('.lost') === null);
  await page.reload();
  await step(page, 'check');
  assert.equal(await page.locator('.checklist input:checked').count(), 1);
  await page.focus('.checklist button.primary');
  await page.keyboard.press('Enter');

  await step(page, 'follow');
  assert.match(await page.textContent('.graded'), /1 of 5 points/);
  await enter(page);
  await page.waitForSelector('.step blockquote');
  await looksRight(page);
  await page.focus('.step h2');
  await enter(page);
  await step(page, 'predict');
  await looksRight(page);
  await page.focus('.prediction button[type="button"]:not(.primary):not(.arrows *)');
  await page.keyboard.press('Enter');  // I do not know: it really runs
  await page.waitForSelector('.step .verdict');
  assert.match(await page.textContent('.step .verdict'), /The run says \S/);
  assert.equal((await lines('answers.ndjson')).length, 1, 'it counts in the drill');
  await page.reload();
  await page.waitForSelector('.step .verdict');
  await page.focus('.step h2');
  await enter(page);

  await step(page, 'report');
  const report = await page.textContent('.step');
  assert.match(report, /1 question answered/);
  assert.match(report, /\.\/lab run 14/);
  assert.equal(await page.locator('.step .weak li').count(), 3);
  await looksRight(page);
  const kept = await interviews();
  assert.equal(kept.length, 1);
  assert.deepEqual([kept[0].lab, kept[0].said, kept[0].typed], ['14', 1, 'It opens after failures.']);
  await page.click('.step .weak a');
  await page.waitForSelector('main.lab');
}));

test('when the time is over the clock stops the answer, and the last time stands beside it', options, () => onPage(async (page) => {
  await go(page, '#/mock');
  await page.click('.is-report button.primary');
  await go(page, '#/mock?lab=14&seconds=5');
  await page.reload();
  await step(page, 'none');
  await page.click('button.primary');
  await step(page, 'type');
  assert.match(await page.textContent('.step'), /The time is over/);
  await page.fill('textarea', 'Now I say more.');
  await page.click('button.primary');
  await step(page, 'check');
  await page.click('.checklist button.primary');
  await step(page, 'follow');
  const graded = await page.textContent('.graded');
  assert.match(graded, /The last time, today: 1 of 5 points/);
  assert.match(graded, /Now I say more\.[^]*It opens after failures\./);
  await page.click('header >> text=End the interview');
  await step(page, 'report');
  assert.equal((await interviews()).length, 2);
}));

test('a plan over several days follows what is done, and a missed day moves what is left', options, () => onPage(async (page) => {
  await go(page, '#/plan');
  await page.waitForSelector('.plan .tasks');
  await page.fill('.fields label:nth-child(1) input', '10');
  await page.fill('.fields label:nth-child(2) input', '60');
  await page.click('.plan button.primary');
  await page.waitForFunction(() => /^Day 1 of 10/.test(document.querySelector('h1')?.textContent));
  await looksRight(page);
  const commands = () => page.locator('.task:not(.is-done) code').allTextContents();
  const first = await commands();
  assert.equal(first[0], './lab run 23');

  // Done here: the lab is run, and its code is walked through to the end.
  await page.click('.task.is-see:not(.is-done) a');
  await page.click('.start .primary:not(.stop)');
  await page.waitForSelector('.story .ending', { timeout: 120_000 });
  await go(page, '#/plan');
  await page.waitForSelector('.task.is-done');
  await page.click('.task.is-walk:not(.is-done) a');
  await page.waitForSelector('.walk p');
  const next = page.locator('.walk button:last-of-type');
  while (!(await next.isDisabled())) await next.click();
  await go(page, '#/plan');
  await page.waitForSelector('.task.is-done.is-walk');
  assert.deepEqual((await page.locator('.task.is-done code').allTextContents()).slice(0, 2), ['./lab run 23', './lab walk 23']);
  assert.match(await page.textContent('.so-far tbody tr:last-child'), /^All1 of 301 of 30/);

  await onDay('2026-12-02');
  await page.reload();
  await page.waitForFunction(() => /^Day 2 of 10/.test(document.querySelector('h1')?.textContent));
  const second = await commands();
  assert.ok(!second.includes('./lab run 23'));
  assert.equal(await page.locator('.missed').count(), 0);

  await onDay('2026-12-04');  // nothing was done on the 2nd and the 3rd
  await page.reload();
  await page.waitForFunction(() => /^Day 4 of 10/.test(document.querySelector('h1')?.textContent));
  assert.match(await page.textContent('.missed'), /You missed 2 days, the last on 2026-12-03/);
  assert.equal((await commands())[0], second[0], 'what was not done comes first');
  await looksRight(page);

  await page.fill('.fields label:nth-child(2) input', '90');
  await page.click('text=Only change the minutes');
  await page.waitForFunction(() => /90 minutes a day/.test(document.querySelector('.plan header')?.textContent));
  assert.match(await page.textContent('h1'), /^Day 4 of 10/, 'the plan is the same');

  await onDay('2026-12-20');
  await page.reload();
  await page.waitForFunction(() => /ended on 2026-12-10; it goes on/.test(document.querySelector('h1')?.textContent));
  await page.click('text=A new plan from today');
  await page.waitForFunction(() => /^Day 1 of 10/.test(document.querySelector('h1')?.textContent));
}));

test('the shelf tells how far one is with each section, also with what was done in a terminal', options, async () => {
  await appendFile(join(folder(), 'progress'), '2026-12-01 run 01\n2026-12-01 run 02\n2026-12-01 walk 01\n');
  await onPage(async (page) => {
    const told = await page.locator('.section-progress').allTextContents();
    assert.equal(told.length, 3);
    assert.match(told[0], /run 2 of 10 · walked 1 · answered\s+in a mock 0/);
  });
});

test('what is damaged on the disk is told, and the rest goes on', options, async () => {
  await writeFile(join(folder(), 'plan.json'), '{"begin"');
  await appendFile(join(folder(), 'interviews.ndjson'), 'no line of ours\n');
  await onPage(async (page) => {
    await go(page, '#/plan');
    await page.waitForSelector('.damage');
    const told = await page.textContent('.damage');
    assert.match(told, /plan\.json was damaged\. What could not be read is kept in \S+plan\.json\.damaged-1/);
    assert.match(told, /interviews\.ndjson has 1 line that cannot be read/);
    assert.match(await page.textContent('h1'), /Make a plan/);
    await looksRight(page);
    await go(page, '#/mock');
    await page.waitForSelector('.mock .damage');
  });
});
