// The studio in a real browser: each page is driven as a person would. Nothing is asserted
// on a clock; every wait has a deadline.
//
//   npm run e2e --prefix web         $STUDIO_PROGRAM and $UNDERLOOP_BUILD say what else to use
//   STUDIO_PICTURES=docs             also writes the screenshots there
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, readdir, stat, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { axeSource, descendants, isRunning, missing, root, Served } from './served.mjs';
import { synthetic } from './synthetic.mjs';

const why = missing();
const options = { skip: why || false };
let served;
const execute = promisify(execFile);

before(async () => {
  if (why) return;
  served = await Served.start();
  await served.record('05-1-0', '05', synthetic(200_000), 1);
  const real = await recordLab('05');
  for (const id of ['05-2-0', '05-3-0']) await served.record(id, '05', real, 6);
  await writeBench();
  await served.open();
});
after(async () => { await served?.close(); });

const kContest = 'A breaker, as a test wrote it';

async function writeBench() {
  const folder = join(served.data, 'underloop/bench');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'peers_14.json'), JSON.stringify({
    schema: 'underloop/peers/1', lab: '14', machine: { cores: 2, cpu: 'A machine', governor: '', load: 0.5, busy: false },
    cases: [{
      name: kContest, operation: 'a call', unit: 'ns', clock: 'cpu', goals: [],
      contestants: [
        { name: 'our breaker', kind: 'ours', median_ns: 20, rounds_ns: [18, 20, 22] },
        { name: 'opossum', kind: 'peer', version: '9.0.0', median_ns: 2000, rounds_ns: [1800, 2000, 2500] },
        { name: 'cockatiel', kind: 'peer', missing: 'npm ci' },
      ],
    }],
  }));
}

// A test with a page of its own, whose console stays silent.
function onPage(name, act, how = {}) {
  test(name, { ...options, timeout: 300_000 }, async () => {
    const page = await served.page(how);
    try {
      await act(page);
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.context().close();
    }
  });
}

const go = (page, hash) => page.evaluate((hash) => { location.hash = hash; }, hash);
const until = (page, check, argument) => page.waitForFunction(check, argument, { timeout: 120_000 });
const texts = (page, selector) => page.locator(selector).allTextContents();
const ended = (page) => page.waitForSelector('.story .ending', { timeout: 120_000 });

async function picture(page, name) {
  const folder = process.env.STUDIO_PICTURES;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
}

// Runs the lab anew (one scene of it, if given) and waits for its end.
async function play(page, lab, scene) {
  await go(page, `#/lab/${lab}`);
  await page.waitForSelector('.start .primary:not(.stop)');
  if (scene) await page.selectOption('select[aria-label="Scene"]', scene);
  const before = await page.evaluate(async () =>
    (await (await fetch('/api/runs')).json()).runs.map((one) => one.run));
  await page.click('.start .primary:not(.stop)');
  await until(page, (before) => {
    const now = document.querySelector('select[aria-label="Recorded runs"]')?.value;
    return now && !before.includes(now) && document.querySelector('.story .ending');
  }, before);
}

// A run that was recorded, from its beginning.
async function show(page, run) {
  await go(page, `#/lab/${run.slice(0, 2)}?run=${run}`);
  await until(page, (run) => document.querySelector('select[aria-label="Recorded runs"]')?.value === run
    && document.querySelector('.story .ending'), run);
}

async function faults(page) {
  // Not injected as a script element: the policy of the page forbids that, rightly.
  await page.evaluate(await readFile(axeSource, 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 4).map((node) => `${node.html.slice(0, 160)} ${node.any.map((one) => one.message).join(' ')}`).join(' | ')}`);
}

// --- the shelf

onPage('the shelf has all thirty, and the search finds one', async (page) => {
  assert.equal(await page.locator('.card').count(), 30);
  await page.keyboard.press('/');
  await page.keyboard.type('backpressure');
  await until(page, () => document.querySelectorAll('.card').length < 5);
  assert.match((await texts(page, '.card h3')).join(), /backpressure/i);
});

onPage('a key lists the keys, and Escape closes the list', async (page) => {
  await page.keyboard.press('?');
  await page.waitForSelector('dialog.help[open]');
  await page.keyboard.press('Escape');
  await until(page, () => !document.querySelector('dialog.help[open]'));
});

// --- a lab

// How far below the last line that is seen the story goes on, in pixels.
const below = (page) => page.locator('.left').evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);

onPage('the story follows its run to the verdict, but leaves who scrolls up to read', async (page) => {
  await go(page, '#/lab/07');
  const start = page.locator('.start .primary:not(.stop)');
  await start.click();
  await ended(page);
  await sleep(300);  // it has no reason to move on
  assert.ok(await below(page) < 30, `${await below(page)} pixels below what is seen`);
  await start.click();
  await until(page, () => !document.querySelector('.story .ending')
    && document.querySelector('.left').scrollTop > 400);
  await page.locator('.left').hover();
  await page.mouse.wheel(0, -300);
  await ended(page);
  assert.ok(await below(page) > 100, 'the story scrolled on by itself');
});

// Node's documentation takes idle and prepare as one: six.
const kPhases = ['timers', 'pending', 'idle', 'prepare', 'poll', 'check', 'closing'];

onPage('lab 01: the six phases come in order on the ring, and the code follows', async (page) => {
  await play(page, '01', 'ring');
  await page.waitForSelector('.picture[data-kind="ring"] .station');
  const stations = await page.locator('.picture .station').evaluateAll((all) => all.map((one) => one.dataset.station));
  assert.deepEqual(stations, kPhases);
  // From the beginning, phase by phase: each is the one after the one before.
  await page.locator('.transport .scrub').fill('0');
  const visited = [];
  for (let i = 0; i < 16; ++i) {
    await page.keyboard.press('Shift+ArrowRight');
    visited.push(await page.locator('.picture .station.here').evaluateAll(([one]) => one?.dataset.station ?? ''));
  }
  // After poll libuv may run what became pending in it, once more.
  const phases = visited.filter((name, i) => name && name !== visited[i - 1])
    .filter((name, i, all) => name !== 'pending' || all[i - 1] !== 'poll');
  for (let i = 1; i < phases.length; ++i) {
    assert.equal(stations.indexOf(phases[i]), (stations.indexOf(phases[i - 1]) + 1) % stations.length, phases.join(' '));
  }
  assert.ok(new Set(phases).size === stations.length, phases.join(' '));
  await page.click('role=tab[name="Code"]');
  await until(page, () => document.querySelector('.editor')?.shadowRoot?.querySelector('.cm-here'));
});

onPage('lab 23: the strips show which way of computing stops the beat of the loop', async (page) => {
  await play(page, '23', 'cures');
  const strips = await page.locator('.picture .strip').evaluateAll((all) => all.map((one) => one.dataset.strip));
  assert.equal(strips.length, 6);
  const pause = await page.locator('.picture .strip[data-strip="in one go"] .gap').textContent();
  assert.match(pause, /\d/);
  await page.click('role=tab[name="Code"]');
  await page.locator('.picture .strip[data-strip="slices, setImmediate"] .block').click();
  await until(page, () => document.querySelector('.editor')?.shadowRoot?.querySelector('.cm-here'));
  const scrub = page.locator('.transport .scrub');
  await scrub.fill(await scrub.getAttribute('max'));
  await picture(page, 'studio');
});

onPage('lab 05, live: its mark is moved and the tank answers; back in time while it goes on', async (page) => {
  await go(page, '#/lab/05');
  await page.click('text=▶ Live');
  await page.waitForSelector('.tank[data-level]');
  await page.click('role=tab[name=/Knobs/]');
  const knob = page.locator('#knob-high-water-mark');
  // The mark is 256 KiB, and the queue never over twice that; soon it is to be 4 MiB.
  const queued = (least) => until(page, (least) =>
    Number(document.querySelector('.tank')?.dataset.level) >= least, least);
  await queued(1);
  await knob.fill('1');
  await until(page, () => [...document.querySelectorAll('.story .knob')].some((one) => /high-water-mark/.test(one.textContent)));
  await queued(1 << 20);
  // Back to the beginning, while more comes.
  const scrub = page.locator('.transport .scrub');
  await scrub.fill('0');
  const end = await scrub.evaluate((one) => Number(one.max));
  await until(page, (end) => Number(document.querySelector('.transport .scrub').max) > end + 100_000, end);
  assert.equal(Number(await scrub.inputValue()), 0);
  assert.equal(await page.textContent('.transport .moment'), '0');
  await page.click('.start .stop');
  await ended(page);
});

onPage('a link leads to the same moment of the same run', async (page) => {
  await show(page, '05-2-0');
  await page.locator('.transport .scrub').evaluate((one) => {
    one.value = String(Number(one.max) * 0.6);
    one.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await page.keyboard.press('c');
  const link = page.url();
  const moment = await page.textContent('.transport .moment');
  assert.match(link, /run=05-/);
  const other = await page.context().newPage();
  await other.goto(link);
  await until(other, (moment) => document.querySelector('.transport .moment')?.textContent === moment, moment);
  const run = (from) => from.evaluate(() => document.querySelector('select[aria-label="Recorded runs"]').value);
  assert.equal(await run(other), await run(page));
});

// A probe may fail before one holds.
const kRecovery = /closed open (half-open open )*half-open closed/;

onPage('lab 14: the breaker goes closed, open, half-open, closed', async (page) => {
  await play(page, '14', 'recovery');
  await page.waitForSelector('.machine .station');
  await page.locator('.transport .scrub').fill('0');
  const seen = [];
  for (let i = 0; i < 600 && !kRecovery.test(seen.join(' ')); ++i) {
    await page.keyboard.press('ArrowRight');
    const lit = await page.locator('.machine').first().locator('.station.here').evaluateAll(([one]) => one?.dataset.state ?? '');
    if (lit && lit !== seen.at(-1)) seen.push(lit);
  }
  assert.match(seen.join(' '), kRecovery);
});

onPage('a click on the timeline chooses an event, and says why it ran and where it stands', async (page) => {
  await show(page, '05-2-0');
  await page.locator('.transport .scrub').fill('0');
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('.why dl');
  await page.keyboard.press('ArrowRight');
  assert.match(await page.textContent('.why'), /\.[ch]pp/);
});

onPage('lab 11, live: two windows chat across two servers; Redis is killed, and that stands in the run', async (page) => {
  await go(page, '#/lab/11');
  await page.click('text=▶ Live');
  await page.waitForSelector('.story .addresses a >> nth=1');
  const windows = [];
  for (const [i, name] of ['Ann', 'Bob'].entries()) {
    const [opened] = await Promise.all([
      page.context().waitForEvent('page'),
      page.locator('.story .addresses a').nth(i).click(),
    ]);
    await opened.fill('#user', name);
    await opened.press('#user', 'Enter');
    await opened.waitForSelector('#talk:not([hidden])');
    windows.push(opened);
  }
  await windows[0].fill('#text', 'hello from the other server');
  await windows[0].press('#text', 'Enter');
  await windows[1].waitForSelector('text=hello from the other server');
  await page.bringToFront();
  await page.click('role=tab[name="Break"]');
  const redis = page.locator('.faults li', { hasText: 'Redis' });
  await redis.locator('text=Kill').click();
  await redis.locator('text=Kill it?').click();
  await page.waitForSelector('.story .fault');
  await until(page, () => ![...document.querySelectorAll('.faults .who-runs')].some((one) => /Redis/.test(one.textContent)));
  assert.match(await page.textContent('.story .fault'), /kill Redis/);
  await page.click('.start .stop');
  await ended(page);
});

onPage('the offline file opens without a studio, with its moments', async (page) => {
  await show(page, '05-2-0');
  await page.click('.downloads summary');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('.downloads button', { hasText: 'offline' }).click(),
  ]);
  const file = join(served.data, 'run.html');
  await download.saveAs(file);
  const other = await page.context().newPage();
  other.on('pageerror', (error) => page.complaints.push(String(error.stack)));
  await other.goto(`file://${file}`);
  await other.waitForSelector('.story .ending');
  assert.equal(await other.locator('.start').count(), 0);
  assert.match((await texts(other, '.story .claim .id')).join(), /05\.1/);
  await until(other, () => document.querySelector('.editor')?.shadowRoot?.querySelector('.cm-line'));
});

onPage('two runs stand side by side', async (page) => {
  await show(page, '05-2-0');
  await page.selectOption('select[aria-label="Beside it"]', '05-3-0');
  await page.waitForSelector('.beside-title');
  assert.equal(await page.locator('.timeline').count(), 2);
});

onPage('the ledger has the claims of what was run', async (page) => {
  await play(page, '05', 'rise');
  await go(page, '#/ledger');
  await page.waitForSelector('.ledger tbody tr');
  assert.match((await texts(page, '.ledger tbody td:first-child')).join(), /05\.1/);
});

onPage('the comparison draws bars, and holds them against the row that is chosen', async (page) => {
  await go(page, '#/compare/14');
  await page.waitForSelector('.chart .drawn');
  const chart = page.locator('.chart', { hasText: kContest });
  const ratio = (row) => chart.locator('tbody tr').nth(row).locator('.ratio').textContent();
  assert.deepEqual([await ratio(0), await ratio(1)], ['1', '× 100']);
  await chart.locator('tbody tr').nth(1).locator('button').click();
  assert.deepEqual([await ratio(0), await ratio(1)], ['× 0.01', '1']);
  assert.match(await chart.locator('tbody tr').nth(2).textContent(), /npm ci/);
});

// --- the drill

onPage('the drill: a wrong number and a right one, each judged by a run', async (page) => {
  for (const [number, verdict] of [['7', /Not so.*25/s], ['25', /Right/]]) {
    await go(page, '#/');
    await page.waitForSelector('.shelf');
    await go(page, '#/drill?item=05-five-writes');
    await page.locator('.prediction input').fill(number);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.verdict');
    assert.match(await page.textContent('.verdict'), verdict);
  }
});

onPage('the drill: an order is dragged, and the run says where it was wrong', async (page) => {
  await go(page, '#/drill?item=01-inside-io');
  await page.waitForSelector('.order li');
  const wanted = ['timeout', 'close', 'immediate']; // the wrong way round
  for (const [place, name] of wanted.entries()) {
    const row = page.locator('.order li', { has: page.locator(`code:text-is("${name}")`) });
    const from = await row.boundingBox();
    const to = await page.locator('.order li').nth(place).boundingBox();
    await page.mouse.move(from.x + 60, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(to.x + 60, to.y + to.height / 2, { steps: 8 });
    await page.mouse.up();
  }
  assert.deepEqual(await texts(page, '.order code'), wanted);
  await page.click('text=Predict, and run it');
  await page.waitForSelector('.verdict .orders');
  assert.match(await page.textContent('.verdict'), /Not so/);
  assert.deepEqual(await texts(page, '.orders code'), ['immediate', 'close', 'timeout']);
});

// --- the pictures

const kBlankPng = 4000; // bytes: paper with no ink on it has half of that

const kBuild = process.env.UNDERLOOP_BUILD ?? join(root, 'build', 'release');

async function builtLabs() {
  const entries = await readdir(join(kBuild, 'labs'), { withFileTypes: true });
  const names = entries.filter((one) => one.isFile() && /^\d\d_[a-z_]+$/.test(one.name)).map(({ name }) => name).sort();
  assert.ok(names.length > 0, `no lab is built in ${kBuild}`);
  return names;
}

// A quick run of a lab: the one that the build recorded, if the lab is not newer. Nothing of a
// lab that cannot run here.
async function recordLab(lab) {
  const name = (await builtLabs()).find((one) => one.startsWith(lab));
  const program = join(kBuild, 'labs', name);
  const sample = join(kBuild, 'samples', `${lab}.ndjson`);
  const written = async (file) => (await stat(file).catch(() => null))?.mtimeMs ?? 0;
  let text = '';
  if (await written(sample) > await written(program)) text = await readFile(sample, 'utf8');
  else {
    ({ stdout: text } = await execute(program, ['--quick', '--json'], { maxBuffer: 1 << 28, timeout: 120_000 })
      .catch((error) => {
        if (error.code === 1 || error.code === 77) return error;  // a claim that failed is drawn, too
        throw new Error(`${name} ended with ${error.code ?? error.signal}`);
      }));
  }
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

// Each lab that is built: three at a time, for most of them wait most of the time.
async function recordLabs() {
  const names = await builtLabs();
  const found = [];
  const next = async () => {
    for (let name = names.shift(); name; name = names.shift()) {
      const lab = name.slice(0, 2);
      const events = await recordLab(lab);
      if (events.length) found.push({ lab, events });
    }
  };
  await Promise.all([next(), next(), next()]);
  return found.sort((a, b) => a.lab.localeCompare(b.lab));
}

// In the page: shows a scene as a whole; what is wrong with it, or nothing.
async function showScene({ index, scenes }) {
  const settled = (check) => new Promise((resolve) => {
    const deadline = performance.now() + 60_000;
    const look = () => { if (check() || performance.now() > deadline) resolve(check()); else requestAnimationFrame(look); };
    look();
  });
  if (index) document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'PageDown', bubbles: true, cancelable: true }));
  await settled(() => scenes === 1 || document.querySelector('.scene-head h2 small')?.textContent.startsWith(`${index + 1} of`));
  await settled(() => document.querySelector('.picture .sheet'));
  const marks = document.querySelectorAll('.picture .sheet :is(rect, path, line, circle):not(marker *)').length;
  const text = document.querySelector('.picture-paper')?.textContent ?? '';
  return marks < 2 || /cannot be drawn/.test(text) ? `the picture has ${marks} marks: ${text.slice(0, 80)}` : '';
}

// In the page: plays a scene from its beginning to its takeaway.
async function playScene() {
  const settled = (check) => new Promise((resolve) => {
    const deadline = performance.now() + 60_000;
    const look = () => { if (check() || performance.now() > deadline) resolve(check()); else requestAnimationFrame(look); };
    look();
  });
  const drawn = () => document.querySelector('.picture-paper')?.innerHTML ?? '';
  const whole = drawn();
  const scrub = document.querySelector('.transport .scrub');
  scrub.value = '0';
  scrub.dispatchEvent(new Event('input', { bubbles: true }));
  if (!await settled(() => drawn() !== whole)) return 'its beginning looks like its end';
  document.querySelector('.scene-head button').focus();  // space plays wherever the focus is
  document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: ' ', bubbles: true, cancelable: true }));
  if (!await settled(() => document.querySelector('.takeaway-card p')?.textContent)) return 'it does not come to its takeaway';
  return document.querySelector('.transport .play').getAttribute('aria-label') === 'Play' ? '' : 'it plays on';
}

// In the page: asks of every claim of the run why it was made, and of the first thing that it
// rests on why that happened; what has no answer.
async function askWhy() {
  const settled = (check) => new Promise((resolve) => {
    const deadline = performance.now() + 20_000;
    const look = () => { if (check() || performance.now() > deadline) resolve(check()); else requestAnimationFrame(look); };
    look();
  });
  const answers = () => [...document.querySelectorAll('.why h4 ~ .chain li')].map((one) => one.textContent.trim());
  // A lab may speak of undefined itself, but not as somebody's name.
  const isAnswer = (text) => /^\S.*\S$/s.test(text) && !/(^|“)undefined|\bNaN\b|\[object/.test(text);
  const faults = [];
  for (const claim of document.querySelectorAll('.story .item.claim')) {
    const id = claim.querySelector('.id').textContent;
    claim.click();
    const asked = claim.querySelector('.claim-text').textContent;
    if (!await settled(() => document.querySelector('.why header b')?.textContent.includes(asked.slice(0, 30)))) faults.push(`${id}: it is not chosen`);
    const own = answers();
    if (!own.some((text) => /measured: ./.test(text))) faults.push(`${id}: what was measured is not told`);
    if (!own.every(isAnswer)) faults.push(`${id}: ${own.find((text) => !isAnswer(text))}`);
    const first = document.querySelector('.why .chain li button:not(li:last-child button)');
    if (!first) continue;
    const text = first.textContent;
    first.click();
    await settled(() => document.querySelector('.why h4 ~ .chain li') && !document.querySelector('.why header b').textContent.includes(asked.slice(0, 30)));
    if (!answers().some(isAnswer)) faults.push(`${id}: nothing says why “${text}”`);
  }
  return faults;
}

// Every scene is drawn. To play them all takes minutes: one of each lab is, or all with
// STUDIO_PLAYS_ALL=1.
test('each scene of each lab draws, one plays to its takeaway, and each claim says why', { ...options, timeout: 600_000 }, async () => {
  const own = await Served.start(served);
  try {
    const labs = await recordLabs();
    for (const { lab, events } of labs) {
      await own.record(`${lab}-1-0`, lab, events, events.filter(({ cat }) => cat === 'claim').length);
    }
    await own.open();
    const page = await own.page();
    const faults = [];
    for (const { lab, events } of labs) {
      await go(page, `#/lab/${lab}?run=${lab}-1-0`);
      await until(page, (lab) => document.querySelector('select[aria-label="Recorded runs"]')?.value.startsWith(lab)
        && document.querySelector('.story .ending'), lab);
      await page.selectOption('select[aria-label="Speed"]', '16');
      const titles = events.filter(({ cat, ph }) => cat === 'scene' && ph === 'i').sort((a, b) => a.ts - b.ts);
      for (const [index, { name }] of titles.entries()) {
        const shown = await page.evaluate(showScene, { index, scenes: titles.length });
        const inked = await page.locator('.picture-paper').screenshot();
        const plays = process.env.STUDIO_PLAYS_ALL || index === Number(lab) % titles.length;
        const played = shown || (plays ? await page.evaluate(playScene) : '');
        if (played) faults.push(`${lab} ${name}: ${played}`);
        if (inked.length < kBlankPng) faults.push(`${lab} ${name}: its pixels are those of empty paper`);
      }
      faults.push(...await page.evaluate(askWhy));
    }
    assert.deepEqual(faults, []);
    assert.deepEqual(page.complaints, []);
  } finally {
    await own.close();
  }
});

// The first process of each picture that is to be killed, and what the lab does then.
const kClicked = [
  ['06', 'worker 1', (page) => page.waitForSelector('.who.breakable[data-actor="worker 3"]')],
  ['11', 'server B', (page) => until(page, () => !document.querySelector('.who.breakable[data-actor="server B"]'))],
  ['19', 'PostgreSQL', (page) => until(page, () => !document.querySelector('.who.breakable[data-actor="PostgreSQL"]'))],
];

for (const [lab, actor, then] of kClicked) {
  onPage(`lab ${lab}, live: ${actor} is killed by a click on it`, async (page) => {
    await go(page, `#/lab/${lab}`);
    await page.click('text=▶ Live');
    await page.locator(`.who.breakable[data-actor="${actor}"]`).click();
    await page.locator('.break-menu .kill').click();
    await page.waitForSelector('.story .fault');
    assert.match(await page.textContent('.story .fault'), new RegExp(`kill ${actor}`));
    await then(page);
    await page.click('.start .stop');
    await ended(page);
  });
}

// --- what is gone, and comes back

onPage('a link to a run that is gone says so, and the page shows the last one', async (page) => {
  await go(page, '#/lab/05?run=05-99-0');
  await page.waitForSelector('.notice >> text=is gone');
  await ended(page);
  assert.doesNotMatch(page.url(), /run=/);
  await page.click('.notice .close');
  await until(page, () => !document.querySelector('.notice'));
});

test('the studio is lost and comes back: an open tab says so, and goes on', { ...options, timeout: 300_000 }, async () => {
  const own = await Served.start(served);
  try {
    await own.record('05-2-0', '05', synthetic(200), 1);
    await own.open();
    const page = await own.page();
    await show(page, '05-2-0');
    const port = new URL(own.address).port;
    own.studio.kill('SIGKILL');
    await own.ended;
    await page.waitForSelector('.top .lost');
    await own.serve(port);
    await until(page, () => !document.querySelector('.top .lost'));
    await page.selectOption('select[aria-label="Scene"]', 'answers');
    await page.click('.start .primary:not(.stop)');
    await until(page, () => document.querySelector('select[aria-label="Recorded runs"]')?.value !== '05-2-0'
      && document.querySelector('.story .ending'));
    // A browser that does not have the token is told where it is.
    const stranger = await own.browser.newContext();
    const other = await stranger.newPage();
    await other.goto(own.origin);
    assert.match(await other.textContent('body'), /terminal.*token/s);
    await stranger.close();
    await page.context().close();
  } finally {
    await own.close();
  }
});

// --- the page fits whoever looks

onPage('the first visit gets a tour, once, that leads through the page and can be asked for again', async (page) => {
  await page.waitForSelector('.tour');
  for (let i = 0; i < 5; ++i) {
    await page.waitForSelector('.pointed-at');
    await page.click('.tour .primary');
    await page.waitForSelector(`.tour >> text=${i + 2} of 6`);
  }
  await page.click('.tour .primary');
  await until(page, () => !document.querySelector('.tour'));
  await page.reload();
  await page.waitForSelector('.shelf .card');
  assert.equal(await page.locator('.tour').count(), 0);
  await page.keyboard.press('?');
  await page.click('dialog >> text=A tour of one minute');
  await page.waitForSelector('.tour');
}, { toured: false });

onPage('columns are as wide as one wants, by mouse and by keys, and stay so', async (page) => {
  await show(page, '05-2-0');
  const width = (selector) => page.locator(selector).evaluate((one) => one.getBoundingClientRect().width);
  const before = await width('.left');
  const edge = await page.locator('.splitter.of-left').boundingBox();
  await page.mouse.move(edge.x + 4, edge.y + 200);
  await page.mouse.down();
  await page.mouse.move(edge.x + 154, edge.y + 200, { steps: 5 });
  await page.mouse.up();
  const after = await width('.left');
  assert.ok(Math.abs(after - before - 150) < 12, `${before} became ${after}`);
  const side = await width('.side');
  await page.focus('.splitter.of-side');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  assert.ok(await width('.side') > side + 20);
  await page.reload();
  await ended(page);
  assert.ok(Math.abs(await width('.left') - after) < 2);
});

onPage('the minimap shows which stretch the timeline shows, and moves it', async (page) => {
  await show(page, '05-2-0');
  const map = page.locator('.minimap');
  const stretch = () => map.evaluate(({ dataset }) => [Number(dataset.from), Number(dataset.to)]);
  const [from, to] = await stretch();
  for (let i = 0; i < 5; ++i) await page.keyboard.press('w');
  const [closer, end] = await stretch();
  assert.ok(end - closer < (to - from) / 5);
  const box = await map.boundingBox();
  await page.mouse.click(box.x + box.width * 0.9, box.y + 8);
  const [moved, last] = await stretch();
  assert.ok(moved > closer);
  assert.ok(Math.abs((moved + last) / 2 - to * 0.89) < to * 0.05);
});

onPage('the search finds words inside answers, claims and steps, and an id leads to its claim', async (page) => {
  await page.fill('#search', 'half-open');
  await page.waitForSelector('.inside li >> text=half-open');
  await page.fill('#search', '');
  await play(page, '05', 'rise');
  await play(page, '05', 'two-sinks');
  await go(page, '#/lab/05?claim=05.1');
  await until(page, () => document.querySelector('.item.claim.chosen')?.textContent.includes('05.1'));
});

onPage('the shelf draws labs that were never run, says what to do first and how far one is', async (page) => {
  const { labs } = await page.evaluate(async () => (await fetch('/api/catalog')).json());
  assert.equal(await page.locator('.progress .cell').count(), labs.length);
  assert.match(await page.textContent('.progress'), /You have run \d+ of \d+/);
  await page.click('.first-lab');
  await page.waitForSelector('main.lab');
  await go(page, '#/');
  const unseen = labs.find((lab) => lab.sample && lab.last_run === null);
  if (!unseen) return;  // nothing was recorded by this build
  const card = page.locator(`.card[href="#/lab/${unseen.number}"]`);
  await card.scrollIntoViewIfNeeded();
  await card.locator('.miniature .sheet').waitFor();
});

// --- for everybody

const kPages = [['shelf', '#/'], ['lab', '#/lab/05'], ['ledger', '#/ledger'], ['compare', '#/compare'], ['drill', '#/drill']];

// Colours depend on the theme, and what is shown depends on the width: each with each.
for (const theme of ['dark', 'light']) {
  onPage(`no page has a serious fault of accessibility, or is wider than its screen, ${theme}`, async (page) => {
    const found = [];
    await show(page, '05-2-0');
    for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]]) {
      await page.setViewportSize({ width, height });
      for (const [name, hash] of kPages) {
        await go(page, hash);
        await page.waitForSelector(`main.${name}`);
        await page.waitForLoadState('networkidle');
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) found.push(`${name} at ${width}: ${over} px too wide`);
        // What a narrow screen changes most are these two.
        if (width < 1440 && !['shelf', 'lab'].includes(name)) continue;
        found.push(...(await faults(page)).map((fault) => `${name} at ${width}: ${fault}`));
      }
    }
    assert.deepEqual(found, []);
  }, { theme });
}

// --- whatever is killed

const killed = {
  'the browser': (own) => own.chromium.kill(),
  'the studio': (own) => own.studio.kill('SIGKILL'),
  'the lab': async (own) => process.kill((await descendants(own.studio.pid))[0], 'SIGKILL'),
};

for (const [victim, kill] of Object.entries(killed)) {
  test(`${victim} is killed: nothing stays behind, and the run is kept`, { ...options, timeout: 300_000 }, async () => {
    const own = await Served.start(victim === 'the browser' ? null : served);
    try {
      await own.open();
      let page = await own.page();
      await go(page, '#/lab/11');
      await page.click('text=▶ Live');
      await page.waitForSelector('.story .addresses a >> nth=1');
      const started = await descendants(own.studio.pid);
      assert.ok(started.length > 4, 'the lab, its chat servers, a Redis and a PostgreSQL');
      await kill(own);
      for (const pid of started) while (await isRunning(pid)) await sleep(50);
      if (victim === 'the studio') await own.serve();
      if (victim === 'the browser') await own.look();
      page = await own.page();
      await go(page, '#/lab/11');
      await ended(page);
      assert.equal(await page.locator('.story .addresses a').count(), 2);
    } finally {
      await own.close();
    }
  });
}

// --- many events

// How long a frame takes, of 120 that zoom or scrub.
const frames = (page, act) => page.evaluate(async (act) => {
  const box = document.querySelector('.timeline');
  const { left, top, width, height } = box.getBoundingClientRect();
  const times = [];
  let last = performance.now();
  for (let i = 0; i < 120; ++i) {
    if (act === 'zoom') {
      box.dispatchEvent(new WheelEvent('wheel', {
        deltaY: i < 60 ? -120 : 120, ctrlKey: true, bubbles: true, cancelable: true,
        clientX: left + width * 0.6, clientY: top + height / 2,
      }));
    } else {
      const scrub = document.querySelector('.transport .scrub');
      scrub.value = String((Number(scrub.max) * i) / 120);
      scrub.dispatchEvent(new Event('input', { bubbles: true }));
    }
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  times.sort((a, b) => a - b);
  const at = (share) => Number(times[Math.floor(share * (times.length - 1))].toFixed(1));
  return { median: at(0.5), p90: at(0.9), p99: at(0.99), worst: at(1) };
}, act);

// How fast is told, not asserted.
async function measure(page, run, what) {
  await go(page, `#/lab/${run.slice(0, 2)}?run=${run}`);
  const began = performance.now();
  await page.reload();
  await ended(page);
  const loaded = Math.round(performance.now() - began);
  const zoom = JSON.stringify(await frames(page, 'zoom'));
  const scrub = JSON.stringify(await frames(page, 'scrub'));
  console.log(`${what}: loaded in ${loaded} ms; ms a frame: zoom ${zoom}, scrub ${scrub}`);
}

onPage('200,000 events: they load, zoom and scrub', async (page) => {
  await measure(page, '05-1-0', '200,000 events');
  await picture(page, 'studio-200000');
});

onPage('the largest run that a lab records: it loads, zooms and scrubs', async (page) => {
  await play(page, '05');
  const run = await page.locator('select[aria-label="Recorded runs"]').inputValue();
  const { events } = await page.evaluate(async (run) =>
    (await (await fetch('/api/runs')).json()).runs.find((one) => one.run === run), run);
  await measure(page, run, `lab 05, ${events} events`);
});
