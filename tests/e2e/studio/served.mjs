// served.mjs: a studio of one's own, and a real browser that looks at it.
//
// The studio gets a fresh data folder and any free port. It and the browser end with the
// object, and the folder is removed.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const root = new URL('../../../', import.meta.url).pathname;
const require = createRequire(join(root, 'web/package.json'));
const { chromium } = require('playwright-core');
export const axeSource = require.resolve('axe-core/axe.min.js');

const kBuilds = ['release', 'me'];
const kBrowsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// What is missing, or nothing.
export function missing() {
  if (!studioProgram()) return 'the studio is not built: ./lab build studio, or $STUDIO_PROGRAM';
  if (!existsSync(join(root, 'web/dist/index.html'))) return 'the page is not built: npm run build --prefix web';
  if (!browserProgram()) return 'there is no chromium: apt install chromium';
  return '';
}

function studioProgram() {
  const given = process.env.STUDIO_PROGRAM;
  return given ?? kBuilds.map((build) => join(root, 'build', build, 'runner/studio')).find(existsSync);
}

export const browserProgram = () => kBrowsers.find(existsSync);

// Of a process: who started it, and whether it still runs. A zombie does not.
async function processStat(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(parent), runs: Boolean(state) && state !== 'Z' };
}

export const isRunning = async (pid) => (await processStat(pid)).runs;

// All that a process started, and what that started.
export async function descendants(pid) {
  const children = new Map();
  for (const one of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)) {
    const { parent, runs } = await processStat(one);
    if (runs) children.set(parent, [...(children.get(parent) ?? []), one]);
  }
  const below = (one) => (children.get(one) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

export class Served {
  // `beside`: whose browser it shares, which then is not ours to end.
  static async start(beside = null) {
    const served = new Served();
    if (beside) served.browser = beside.browser;
    served.data = await mkdtemp(join(tmpdir(), 'underloop-e2e-'));
    served.runs = join(served.data, 'underloop/runs');
    await mkdir(served.runs, { recursive: true, mode: 0o700 });
    return served;
  }

  // A run of the store, as if it had been recorded. Before open() only.
  async record(id, lab, events, claims = 0) {
    await writeFile(join(this.runs, `${id}.ndjson`), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    await writeFile(join(this.runs, `${id}.json`), JSON.stringify({
      run: id, lab, began: Date.now(), ms: 1000, exit: 0, knobs: {}, claims, failed: 0,
      events: events.length, live: false, ledger: [], why: '',
    }));
  }

  async open() {
    await this.serve();
    if (!this.browser) await this.look();
  }

  // Anew on the same port: as when somebody starts the studio again.
  async serve(port = 0) {
    this.studio = spawn(studioProgram(), ['--port', String(port)], {
      env: { ...process.env, XDG_DATA_HOME: this.data, UNDERLOOP_ROOT: root },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.ended = new Promise((resolve) => this.studio.once('exit', (code, signal) => resolve({ code, signal })));
    for await (const line of createInterface({ input: this.studio.stdout })) {
      const found = /http:\S+/.exec(line);
      if (!found) continue;
      this.address = found[0];
      break;
    }
    this.origin = new URL(this.address).origin;
  }

  async look() {
    this.chromium = await chromium.launchServer({
      executablePath: browserProgram(),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    this.browser = await chromium.connect(this.chromium.wsEndpoint());
  }

  // A page of its own, that has entered. What its console complained of is in `complaints`.
  async page({ width = 1440, height = 900, theme = 'dark', toured = true } = {}) {
    const context = await this.browser.newContext({
      viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce', acceptDownloads: true,
    });
    if (toured) await context.addInitScript(() => { localStorage.setItem('toured', 'yes'); });
    const page = await context.newPage();
    page.complaints = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') page.complaints.push(message.text());
    });
    page.on('pageerror', (error) => page.complaints.push(String(error.stack)));
    page.setDefaultTimeout(120_000); // a busy machine is slow, not broken
    await page.goto(this.address);
    await page.waitForSelector('.shelf .card');
    return page;
  }

  async close() {
    await this.chromium?.close();
    this.studio?.kill('SIGTERM');
    await this.ended;
    await rm(this.data, { recursive: true, force: true });
  }
}
