// The sheets as a person prints them: each file that ./lab sheet writes is opened from disk in a
// real browser, without a network, and printed on A4 and on Letter.
//
//   npm run e2e:sheets --prefix web  $UNDERLOOP_BUILD says what else to use
//   STUDIO_PICTURES=docs             also writes the PDFs there
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { axeSource, missing, root, Served } from './served.mjs';

const kBuild = process.env.UNDERLOOP_BUILD ?? join(root, 'build/release');
const kProgram = join(kBuild, 'runner/underloop');
const why = missing() || (existsSync(kProgram) ? '' : 'the runner is not built: ./lab build');
const options = { skip: why || false, timeout: 300_000 };
const execute = promisify(execFile);
let served, folder, context;

const sheetOf = (build, ...words) => execute(kProgram, ['sheet', ...words], {
  cwd: folder, env: { ...process.env, UNDERLOOP_ROOT: root, UNDERLOOP_BUILD: build, UNDERLOOP_WEB: join(root, 'web/dist') },
});
const sheet = (...words) => sheetOf(kBuild, ...words);

before(async () => {
  if (why) return;
  folder = await mkdtemp(join(tmpdir(), 'underloop-sheets-'));
  served = await Served.start();
  await served.open();
  context = await served.browser.newContext({ colorScheme: 'dark', offline: true });
  await sheet();
});
after(async () => {
  await context?.close();
  await served?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

// The page of a sheet, once it is drawn. What its console complained of is in `complaints`.
async function open(name, inside = 'sheets') {
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  page.complaints = [];
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) page.complaints.push(message.text()); });
  page.on('pageerror', (error) => page.complaints.push(String(error.stack)));
  await page.goto(String(pathToFileURL(join(folder, inside, `${name}.html`))));
  await drawn(page);
  return page;
}
async function drawn(page) {
  await page.waitForSelector('.printed');
  await page.waitForFunction(() => document.querySelector('.still')?.dataset.state !== 'drawing');
}

// What Chromium writes: the tree of pages says how many there are, and each how large it is.
const pagesIn = (pdf) => Number(/\/Type \/Pages\s[^>]*?\/Count (\d+)/.exec(pdf.toString('latin1'))?.[1]);
const sizeOf = (pdf) => /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(pdf.toString('latin1'))?.slice(1).map((points) => Math.round(Number(points)));

// In the page: what is not where it belongs.
function misplaced() {
  const sheet = document.querySelector('.printed');
  const { left, right, top, bottom } = sheet.getBoundingClientRect();
  const seen = [...sheet.querySelectorAll('*')].filter((one) => !one.closest('.still-paper') && one.getClientRects().length > 0);
  const out = seen.filter((one) => {
    const box = one.getBoundingClientRect();
    return box.left < left - 1 || box.right > right + 1 || box.top < top - 1 || box.bottom > bottom + 1;
  });
  const cut = seen.filter((one) => one.scrollHeight > one.clientHeight + 1 && getComputedStyle(one).overflowY !== 'visible');
  const boxes = [...sheet.children].map((one) => one.getBoundingClientRect());
  const over = boxes.filter((box, i) => i && box.top < boxes[i - 1].bottom - 1);
  return [...out.map((one) => `out: ${one.className} ${one.textContent}`), ...cut.map((one) => `cut: ${one.className}`), ...over.map(() => 'over one another')];
}

// How much of the picture is not its ground, of 1.
async function inked(page) {
  const png = (await page.locator('.still-paper').screenshot()).toString('base64');
  return page.evaluate(async (png) => {
    const bytes = Uint8Array.from(atob(png), (byte) => byte.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const paint = canvas.getContext('2d');
    paint.drawImage(image, 0, 0);
    // Without its frame.
    const { data } = paint.getImageData(4, 4, image.width - 8, image.height - 8);
    let ink = 0;
    for (let i = 0; i < data.length; i += 4) if (Math.min(data[i], data[i + 1], data[i + 2]) < 200) ++ink;
    return ink / (data.length / 4);
  }, png);
}

async function faults(page) {
  await page.evaluate(await readFile(axeSource, 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`);
}

const labs = (await readdir(join(root, 'labs'), { withFileTypes: true }))
  .filter((one) => one.isDirectory()).map(({ name }) => name).sort();

test('there are thirty sheets, each a file', options, async () => {
  assert.equal(labs.length, 30);
  assert.deepEqual((await readdir(join(folder, 'sheets'))).sort(), labs.map((name) => `${name}.html`));
});

for (const name of labs) {
  test(`sheet ${name} is one page on A4 and on Letter, whole, with its picture`, options, async () => {
    const lab = name.slice(0, 2);
    const page = await open(name);
    const code = await readFile(join(root, 'labs', name, 'whiteboard.mjs'), 'utf8').catch(() => '');
    const shown = await page.locator('.whiteboard code').allTextContents();
    assert.equal(shown.join('').trimEnd(), code.trimEnd(), 'the code for the whiteboard');
    assert.equal(await page.locator('.points li').count(), 3);
    for (const part of ['h1', '.spoken', '.points .wrong']) assert.ok((await page.locator(`.paper ${part}`).innerText()).trim(), part);
    const type = await page.locator('.printed').evaluate((one) => parseFloat(one.style.getPropertyValue('--code-type')));
    assert.ok(type >= 7, `the code is set in ${type} pt`);
    assert.deepEqual(await page.evaluate(misplaced), [], 'on the screen');

    const recorded = await stat(join(kBuild, 'samples', `${lab}.ndjson`)).catch(() => null);
    assert.equal(await page.locator('.still').count(), recorded?.size ? 1 : 0);
    if (recorded?.size) {
      assert.equal(await page.locator('.still').getAttribute('data-state'), 'whole');
      assert.ok(await inked(page) > 0.01, 'the picture is empty');
      assert.ok((await page.locator('.still > figcaption').innerText()).length > 10);
    }
    for (const [format, height] of [['A4', 1047], ['Letter', 980]]) {
      const pdf = await page.pdf({ format, printBackground: true });
      if (process.env.STUDIO_PICTURES) await writeFile(join(process.env.STUDIO_PICTURES, `${name}-${format}.pdf`), pdf);
      assert.equal(pagesIn(pdf), 1, format);
      // The same lines as in print: what a page is high there, a window is here.
      await page.emulateMedia({ media: 'print' });
      await page.setViewportSize({ width: 740, height });
      assert.deepEqual(await page.evaluate(misplaced), [], format);
      await page.emulateMedia({ media: 'screen' });
    }
    assert.deepEqual(page.complaints, []);
    await page.close();
  });
}

test('a question whose lab is still to come claims no run', options, async () => {
  for (const name of labs) {
    const written = existsSync(join(root, 'labs', name, 'main.cpp'));
    const page = await open(name);
    const text = await page.locator('.paper').innerText();
    assert.equal(/still to come/.test(text), !written, name);
    assert.equal(text.includes(`./lab run ${Number(name.slice(0, 2))}`), written, name);
    await page.close();
  }
});

test('without a recorded run there is no picture, and the rest is whole', options, async () => {
  const { stderr } = await sheetOf(join(folder, 'nothing'), '5', '--out', 'bare');
  assert.match(stderr, /no run was recorded: 5;/);
  const page = await open('05_backpressure', 'bare');
  assert.equal(await page.locator('.still').count(), 0);
  assert.match(await page.locator('.desk-tools').innerText(), /no run of this lab was recorded/);
  assert.doesNotMatch(await page.locator('.paper').innerText(), /recorded/);
  assert.deepEqual(await page.evaluate(misplaced), []);
  assert.equal(pagesIn(await page.pdf({ format: 'Letter' })), 1);
  assert.deepEqual(page.complaints, []);
  await page.close();
});

test('it is black on white whatever the theme is', options, async () => {
  const page = await open(labs[4]);
  const looks = () => page.evaluate(() => {
    const of = (selector, what) => getComputedStyle(document.querySelector(selector))[what];
    return { theme: document.documentElement.dataset.theme, ground: of('.paper', 'backgroundColor'), text: of('.paper .spoken', 'color') };
  });
  const { theme, ground, text } = await looks();
  assert.equal(theme, 'dark');
  assert.equal(ground, 'rgb(255, 255, 255)');
  assert.ok(Math.max(...text.match(/\d+/g).map(Number)) < 64, text);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor), 'rgb(255, 255, 255)');
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'light');
  for (const hidden of ['.top', '.desk-tools']) assert.equal(await page.locator(hidden).isVisible(), false, hidden);
  await page.close();
});

test('axe finds nothing serious', options, async () => {
  for (const name of [labs[4], labs[9], labs[28]]) {
    const page = await open(name);
    assert.deepEqual(await faults(page), [], name);
    await page.close();
  }
});

test('the verb prints the same by itself, on the paper that it was told', options, async () => {
  for (const [paper, size] of [['letter', [612, 792]], ['a4', [595, 842]]]) {
    await sheet('5', '--pdf', '--paper', paper, '--out', 'printed');
    const pdf = await readFile(join(folder, 'printed', '05_backpressure.pdf'));
    assert.equal(pagesIn(pdf), 1);
    assert.deepEqual(sizeOf(pdf), size);
    assert.ok(pdf.length > 60_000, `${pdf.length} bytes: without its picture`);
  }
});

test('in the studio, a lab leads to its sheet, and a sheet to the next', options, async () => {
  const page = await served.page({ theme: 'dark' });
  await page.evaluate(() => { location.hash = '#/lab/05'; });
  await page.click('.to-sheet');
  await drawn(page);
  assert.equal(await page.locator('.paper-number').innerText(), '05');
  assert.deepEqual(await faults(page), []);
  assert.equal(pagesIn(await page.pdf({ format: 'Letter' })), 1);
  await page.click('.desk-tools a:has-text("Sheet 06")');
  await page.waitForFunction(() => document.querySelector('.paper-number')?.textContent === '06');
  await page.click('.desk-tools a:has-text("Lab 06")');
  await page.waitForSelector('.lab-head');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
