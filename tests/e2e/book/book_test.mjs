// The book from disk, in a real browser with the network off. Nothing is asserted on a clock;
// how long a page takes is printed.
//
//   npm run e2e:book --prefix web    $RUNNER_PROGRAM and $UNDERLOOP_BUILD say what else to use
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { axeSource, browserProgram, root, Served } from '../studio/served.mjs';

const kMost = 40e6; // bytes of the whole book
const program = process.env.RUNNER_PROGRAM ?? join(root, 'build/release/runner/underloop');
const why = !existsSync(program) ? `${program} is not built: ./lab build`
  : !existsSync(join(root, 'web/dist/whole.js')) ? 'the page is not built: npm run build --prefix web'
    : !browserProgram() ? 'there is no chromium: apt install chromium' : '';
const execute = promisify(execFile);
let served;
let site;
let told;
let labs = []; // as the book's own list has them

before(async () => {
  if (why) return;
  served = await Served.start();
  site = join(served.data, 'a site');
  const bench = join(served.data, 'underloop/bench');
  await mkdir(bench, { recursive: true });
  await writeFile(join(bench, 'peers_14.json'), JSON.stringify({
    schema: 'underloop/peers/1', lab: '14', machine: { cores: 2, cpu: 'A machine', governor: '', load: 0.5, busy: false },
    cases: [{ name: 'A breaker', operation: 'a call', unit: 'ns', clock: 'cpu', goals: [], contestants: [
      { name: 'our breaker', kind: 'ours', median_ns: 20, rounds_ns: [18, 20, 22] },
      { name: 'opossum', kind: 'peer', version: '9.0.0', median_ns: 2000, rounds_ns: [1800, 2000, 2500] }] }],
  }));
  told = await make(site);
  await served.look();
  const page = await open('index.html');
  labs = await page.evaluate(() => JSON.parse(globalThis.underloopAnswers['/api/catalog']).labs);
  await page.context().close();
});
after(async () => { await served?.close(); });

const make = async (folder, more = {}) => (await execute(program, ['book', folder], {
  env: { ...process.env, XDG_DATA_HOME: served.data, UNDERLOOP_ROOT: root, ...more },
})).stdout;

const address = (name, of = site) => {
  const [file, hash] = name.split('#');
  return pathToFileURL(join(of, file)).href + (hash === undefined ? '' : `#${hash}`);
};

// A page of its own, without a network, that has opened a file of the book. What it complained
// of is in `complaints`, also if it asked for anything that is not in the book.
async function open(name, { of = site, theme = 'dark', width = 1440, height = 900, ...more } = {}) {
  const context = await served.browser.newContext({
    viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce', offline: true, ...more,
  });
  const page = await context.newPage();
  page.complaints = [];
  page.setDefaultTimeout(120_000); // a busy machine is slow, not broken
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') page.complaints.push(message.text());
  });
  page.on('pageerror', (error) => page.complaints.push(String(error.stack)));
  context.on('request', (request) => {
    if (!/^(data:|blob:|about:)/.test(request.url()) && !request.url().startsWith(pathToFileURL(of).href)) {
      page.complaints.push(`it asked for ${request.url()}`);
    }
  });
  await page.goto(address(name, of));
  return page;
}

function inBook(name, act) {
  test(name, { skip: why || false, timeout: 900_000 }, act);
}

function onPage(name, file, act, how = {}) {
  inBook(name, async () => {
    const page = await open(file, how);
    try {
      await act(page);
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.context().close();
    }
  });
}

const ready = (page) => page.waitForSelector('.shelf .card, .ledger tbody tr, .compare h1, .desk .paper, .story .ending, .lab .answer h1', { state: 'attached' });
const recordedLabs = () => labs.filter(({ last_run }) => last_run);

// How many pixels of it are not as its corner: 0 where nothing was drawn.
async function inked(page, locator) {
  const picture = (await locator.screenshot()).toString('base64');
  return page.evaluate(async (picture) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    const brush = canvas.getContext('2d');
    brush.drawImage(image, 0, 0);
    const { data } = brush.getImageData(0, 0, image.width, image.height);
    let ink = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (Math.abs(data[i] - data[0]) + Math.abs(data[i + 1] - data[1]) + Math.abs(data[i + 2] - data[2]) > 24) ++ink;
    }
    return ink;
  }, picture);
}

// --- the folder

inBook('it is complete, under 40 MB, and says what it is', async () => {
  let bytes = 0;
  for (const entry of await readdir(site, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath ?? entry.path, entry.name))).size;
  }
  console.log(`the book: ${(bytes / 1e6).toFixed(1)} MB`);
  assert.ok(bytes < kMost, `${bytes} bytes`);
  assert.equal(labs.length, 30);
  assert.ok(recordedLabs().length > 0, 'no lab was recorded: build the target samples');
  assert.match(told, new RegExp(`30 pages, ${recordedLabs().length} recorded runs, \\d+ of \\d+ claims hold`));
  for (const { number } of labs) assert.ok(existsSync(join(site, `${number}.html`)), number);
});

inBook('a book is replaced, and what is no book is left alone', async () => {
  const folder = join(served.data, 'other');
  await make(folder);
  await make(folder);
  const mine = join(served.data, 'mine');
  await mkdir(mine);
  await writeFile(join(mine, 'thesis.txt'), 'ten years');
  await assert.rejects(make(mine), ({ code, stderr }) => code === 2 && /is no book/.test(stderr));
  assert.equal(await readFile(join(mine, 'thesis.txt'), 'utf8'), 'ten years');
  assert.deepEqual((await readdir(served.data)).filter((name) => name.includes('unfinished')), []);
});

// --- its pages

inBook('the picture of every lab is drawn from disk, and how soon', async () => {
  const page = await open('index.html');
  // The clock of a page starts when its file is asked for.
  await page.context().addInitScript(() => {
    const look = () => {
      if (document.querySelector('.story .ending') && document.querySelector('.papers .picture')) globalThis.usable = performance.now();
      else requestAnimationFrame(look);
    };
    look();
  });
  const sizes = [];
  for (const { number } of recordedLabs()) {
    await page.goto(address(`${number}.html`));
    await page.waitForFunction(() => globalThis.usable);
    const ms = await page.evaluate(() => globalThis.usable);
    const { size } = await stat(join(site, `data/${number}-run.js`));
    sizes.push({ number, ms, size });
    const ink = await inked(page, page.locator('.papers'));
    assert.ok(ink > 500, `lab ${number}: ${ink} pixels are drawn`);
    const scenes = await page.evaluate(() => document.querySelectorAll('.story h3.scene').length);
    assert.ok(scenes > 0, `lab ${number} has no scene`);
  }
  const slowest = sizes.reduce((a, b) => (a.ms > b.ms ? a : b));
  const largest = sizes.reduce((a, b) => (a.size > b.size ? a : b));
  const show = ({ number, ms, size }) => `${number}.html, ${(size / 1e6).toFixed(1)} MB of run, ${ms.toFixed(0)} ms`;
  console.log(`usable: the largest ${show(largest)}; the slowest ${show(slowest)}`);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

onPage('a scene plays, and the next one follows', '05.html', async (page) => {
  await ready(page);
  const moment = () => page.textContent('.transport .moment');
  const title = () => page.textContent('.stage h2');
  const [before, first] = [await moment(), await title()];
  await page.keyboard.press(' ');
  await page.waitForFunction((before) => document.querySelector('.transport .moment').textContent !== before, before);
  await page.keyboard.press('PageDown');
  await page.waitForFunction((first) => document.querySelector('.stage h2').textContent !== first, first);
});

onPage('the code stands there with its walk', '05.html', async (page) => {
  await ready(page);
  const line = () => page.waitForFunction(() => document.querySelector('.editor')?.shadowRoot?.querySelector('.cm-line'));
  await line();
  await page.keyboard.press(']');
  await page.waitForSelector('.walk p');
  await page.waitForFunction(() => document.querySelector('.editor')?.shadowRoot?.querySelector('.cm-step'));
  assert.match(await page.textContent('.walk p'), /Step 1 of/);
});

onPage('nothing that needs a studio is offered', '11.html', async (page) => {
  await ready(page);
  assert.equal(await page.locator('.start, .addresses, [role=tab]:text-matches("Knobs|Break")').count(), 0);
  assert.doesNotMatch(await page.textContent('.top nav'), /Drill|Mock|Plan/);
  assert.match(await page.textContent('.top .recorded'), /Recorded \d+ \w+ \d{4}/);
  await page.keyboard.press('?');
  await page.waitForSelector('dialog.help[open]');
  assert.doesNotMatch(await page.textContent('dialog.help dl'), /run live/);
  await page.keyboard.press('Escape');
  await page.click('.downloads summary');
  assert.doesNotMatch(await page.textContent('.downloads'), /offline/);
  await page.evaluate(() => { location.hash = '#/mock'; });
  await page.waitForSelector('.shelf .card');
  assert.doesNotMatch(await page.textContent('.shelf'), /mock|due|You have/);
});

onPage('the search finds words inside answers and claims', 'index.html', async (page) => {
  await ready(page);
  await page.fill('#search', 'high-water mark');
  await page.waitForSelector('.inside li');
  assert.match((await page.locator('.inside li').allTextContents()).join(), /mark/);
});

onPage('the comparison has what was measured, without the name of the machine', 'compare.html', async (page) => {
  await page.waitForSelector('.chart .drawn');
  assert.match(await page.textContent('.compare'), /opossum/);
  assert.doesNotMatch(await readFile(join(site, 'data/bench.js'), 'utf8'), /host_name|executable/);
});

onPage('a link into the run of an older book leads to the run of this one', '05.html#/lab/05?run=05-1-0&at=5', async (page) => {
  await page.waitForSelector('.notice');
  assert.match(await page.textContent('.notice'), /made anew/);
  await ready(page);
});

onPage('without JavaScript a page still has its answer', '05.html', async (page) => {
  assert.match(await page.textContent('noscript'), /\w+ \w+ \w+/);
  assert.match(await page.locator('noscript h1').textContent(), /backpressure/);
}, { javaScriptEnabled: false });

inBook('a run that holds markup, separators and broken bytes is shown as it is', async () => {
  const build = join(served.data, 'build');
  const folder = join(served.data, 'hostile');
  await mkdir(join(build, 'samples'), { recursive: true });
  const hostile = '</script><script>document.title="broken"</script><!-- <img src=x onerror=alert(1)> \u2028 ${x} `';
  const event = (cat, name, args) => Buffer.from(`${JSON.stringify({ name, ph: 'i', ts: 1, pid: 1, tid: 1, s: 'g', cat, args })}\n`);
  await writeFile(join(build, 'samples/05.ndjson'), Buffer.concat([
    event('scene', hostile, {}), event('say', `${hostile} says`, {}),
    Buffer.from('{"name":"bytes \xff\xfe","ph":"i","ts":2,"pid":1,"tid":1,"cat":"say"}\n', 'latin1'), Buffer.from('{"half'),
  ]));
  await make(folder, { UNDERLOOP_BUILD: build });
  const page = await open('05.html', { of: folder });
  await page.waitForSelector('.story .ending');
  const story = await page.textContent('.story');
  assert.ok(story.includes(hostile.replaceAll('`', '')), story);
  assert.match(story, /bytes \ufffd\ufffd/);
  assert.match(await page.title(), /^05 /);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

// --- every link

// What must be seen where a link of the book leads.
async function arrived(page, url) {
  const file = decodeURIComponent(new URL(url).pathname.split('/').at(-1));
  const { hash } = new URL(url);
  const route = hash.replace(/^#\/?/, '');
  const wanted = hash ? route.split('?')[0] : file === 'index.html' ? '' : file.replace(/\.html$/, '');
  const [, number] = /^(?:lab\/|sheet[/-])?(\d\d)$/.exec(wanted) ?? [];
  const seen = /^sheet/.test(wanted) ? `.paper-number:text-is("${number}")`
    : number ? `.lab-head .number:text-is("${number}")`
      : wanted.startsWith('compare') ? '.compare h1' : wanted === 'ledger' ? '.ledger tbody tr' : '.shelf .card';
  await page.waitForSelector(seen);
  // Each has a file of its own, whose address can be shared.
  const own = number ? `${/^sheet/.test(wanted) ? 'sheet-' : ''}${number}.html` : `${wanted.split('/')[0] || 'index'}.html`;
  assert.equal(new URL(page.url()).pathname.split('/').at(-1), own, url);
  const claim = new URLSearchParams(route.split('?')[1] ?? '').get('claim');
  if (claim) await page.waitForSelector(`.story .claim.chosen .id:text-is("${claim}")`);
  assert.equal(await page.locator('main .fails:not(.claim, .ending, button, td, li)').count(), 0, url);
}

inBook('every link of every page leads to what it says', async () => {
  const page = await open('index.html');
  const links = new Set();
  const gather = async () => {
    for (const href of await page.evaluate(() => [...document.querySelectorAll('a[href]')].map((one) => one.href))) links.add(href);
  };
  const files = (await readdir(site)).filter((name) => name.endsWith('.html'));
  for (const file of files) {
    await page.goto(address(file));
    await ready(page);
    await gather();
    const answer = page.locator('[role=tab]:text-is("Answer")');
    if (await answer.count()) {
      await answer.click();
      await page.waitForSelector('.side .answer h1');
      await gather();
    }
  }
  const folder = pathToFileURL(site).href;
  const outside = [...links].filter((url) => !url.startsWith(`${folder}/`));
  assert.deepEqual(outside.filter((url) => !/^https:/.test(url)), [], 'links to nowhere');
  // The same route is linked from many files: it is followed from one, and a page that a
  // browser has to leave is left once.
  const routes = new Map([...links].filter((url) => url.startsWith(folder))
    .map((url) => [new URL(url).hash || url.split('/').at(-1), url]));
  const number = (url) => /#\/lab\/(\d\d)/.exec(url)?.[1] ?? '';
  const sorted = [...routes.values()].sort((a, b) => number(a).localeCompare(number(b)));
  for (const url of sorted) {
    const hash = new URL(url).hash;
    if (hash) await page.evaluate((hash) => { location.hash = hash; }, hash);
    else await page.goto(url);
    await arrived(page, url);
  }
  console.log(`${files.length} pages, ${links.size} links to ${routes.size} places; outside: ${outside.join(' ') || 'none'}`);
  assert.ok(routes.size > 30 * 2);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

// --- for everybody

for (const theme of ['light', 'dark']) {
  inBook(`no page has a serious fault of accessibility, or is wider than its screen, ${theme}`, async () => {
    const found = [];
    for (const [width, height] of [[1440, 900], [390, 844]]) {
      const page = await open('index.html', { theme, width, height });
      for (const name of ['index.html', 'ledger.html', 'compare.html', '05.html', '14.html', '29.html', 'sheet-05.html']) {
        await page.goto(address(name));
        await ready(page);
        await page.evaluate(await readFile(axeSource, 'utf8'));
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'], preload: false }));
        for (const { id, impact, nodes } of violations) {
          if (impact === 'serious' || impact === 'critical') found.push(`${name} at ${width}: ${id} ${nodes[0].html.slice(0, 200)}`);
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) found.push(`${name} at ${width}: ${wide} pixels too wide`);
      }
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    }
    assert.deepEqual(found, []);
  });
}
