// The studio in a real browser: each page is driven as a person would. Nothing is asserted
// on a clock; every wait has a deadline.
//
//   npm run e2e --prefix web         $STUDIO_PROGRAM and $UNDERLOOP_BUILD say what else to use
//   STUDIO_PICTURES=docs             also writes the screenshots there
import assert from 'node:assert/strict';
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { axeSource, descendants, isRunning, missing, Served } from './served.mjs';
import { synthetic } from './synthetic.mjs';

const why = missing();
const options = { skip: why || false };
let served;

before(async () => {
  if (why) return;
  served = await Served.start();
  await served.record('05-1-0', '05', synthetic(200_000), 1);
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
  await page.click('role=tab[name="Pictures"]');
  await page.waitForSelector('.ring .station');
  const stations = await page.locator('.ring .station').evaluateAll((all) => all.map((one) => one.dataset.station));
  assert.deepEqual(stations, kPhases);
  // From the beginning, phase by phase: each is the one after the one before.
  await page.locator('.transport .scrub').fill('0');
  const visited = [];
  for (let i = 0; i < 16; ++i) {
    await page.keyboard.press('Shift+ArrowRight');
    visited.push(await page.locator('.ring .station.here').evaluateAll(([one]) => one?.dataset.station ?? ''));
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
  await picture(page, 'studio');
});

onPage('lab 05, live: its mark is moved and the gauge answers; back in time while it goes on', async (page) => {
  await go(page, '#/lab/05');
  await page.click('text=▶ Live');
  await page.waitForSelector('.gauge data');
  await page.click('role=tab[name=/Knobs/]');
  const knob = page.locator('#knob-high-water-mark');
  // The mark is 256 KiB, and the queue never over twice that; soon it is to be 4 MiB.
  const queued = (least) => until(page, (least) => [...document.querySelectorAll('.gauge header span')].some((one) => {
    const [, number, unit] = /^queued ([\d.,]+) (bytes|KiB|MiB)/.exec(one.textContent) ?? [];
    return unit && Number(number.replaceAll(',', '')) * { bytes: 1, KiB: 1024, MiB: 2 ** 20 }[unit] >= least;
  }), least);
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
  await play(page, '05', 'answers');
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
  await page.click('role=tab[name="Pictures"]');
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
  await play(page, '05', 'answers');
  await page.locator('.transport .scrub').fill('0');
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('.why dl');
  await page.keyboard.press('ArrowRight');
  assert.match(await page.textContent('.why'), /main\.cpp|scenes\.cpp|\.hpp/);
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
  const redis = page.locator('.faults li', { hasText: 'redis-server' });
  await redis.locator('text=Kill').click();
  await redis.locator('text=Kill it?').click();
  await page.waitForSelector('.story .fault');
  await until(page, () => ![...document.querySelectorAll('.faults code')].some((one) => /redis-server/.test(one.textContent)));
  assert.match(await page.textContent('.story .fault'), /kill redis-server/);
  await page.click('.start .stop');
  await ended(page);
});

onPage('the offline file opens without a studio, with its moments', async (page) => {
  await play(page, '05', 'answers');
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
  await play(page, '05', 'answers');
  await play(page, '05', 'answers');
  const beside = page.locator('select[aria-label="Beside it"]');
  await beside.selectOption({ index: 1 });
  await page.waitForSelector('.beside-title');
  assert.equal(await page.locator('.timeline').count(), 2);
});

onPage('the ledger has the claims of what was run', async (page) => {
  await play(page, '05', 'answers');
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

// --- for everybody

const kPages = [['shelf', '#/'], ['lab', '#/lab/05'], ['ledger', '#/ledger'], ['compare', '#/compare'], ['drill', '#/drill']];

for (const theme of ['dark', 'light']) {
  onPage(`no page has a serious fault of accessibility, ${theme}`, async (page) => {
    await play(page, '05', 'answers');
    const found = [];
    for (const [name, hash] of kPages) {
      await go(page, hash);
      await page.waitForSelector(`main.${name}`);
      await page.waitForLoadState('networkidle');
      found.push(...(await faults(page)).map((fault) => `${name}: ${fault}`));
    }
    assert.deepEqual(found, []);
  }, { theme });
}

for (const [width, height] of [[1024, 768], [390, 844]]) {
  onPage(`no page is wider than a screen of ${width}`, async (page) => {
    for (const [name, hash] of kPages) {
      await go(page, hash);
      await page.waitForSelector(`main.${name}`);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${name} is ${over} px too wide`);
    }
  }, { width, height });
}

// --- whatever is killed

const killed = {
  'the browser': (own) => own.chromium.kill(),
  'the studio': (own) => own.studio.kill('SIGKILL'),
  'the lab': async (own) => process.kill((await descendants(own.studio.pid))[0], 'SIGKILL'),
};

for (const [victim, kill] of Object.entries(killed)) {
  test(`${victim} is killed: nothing stays behind, and the run is kept`, { ...options, timeout: 300_000 }, async () => {
    const own = await Served.start();
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
