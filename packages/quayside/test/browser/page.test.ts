// The stats page in a real browser.
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page, type Response } from 'playwright-core';
import { eventually } from '../../harness/eventually';
import { get, serve, statsPort, useServer } from '../../harness/server';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const DATA = '**/page/data.json';

const routes = `
  app.get('/', (_req, res) => res.send('ok'));
  app.get('/slow', (_req, res) => setTimeout(() => res.send('ok'), 5 + 40 * Math.random() ** 4));
  app.get('/fails', (_req, res) => res.status(500).send('no'));`;

const sample = { requests: 1, p50: null, p95: null, p99: null, clientErrors: 0, serverErrors: 0 };
const newest = { ...sample, at: 1_790_000_002_000, p50: 1.5, p95: 20, p99: 300, rss: [50e6, 60e6, 0] };
const data = { name: 'mock', interval: 50, samples: [{ ...sample, at: 1_790_000_000_000, rss: [50e6] }, newest] };

/** A describe() that is skipped where there is no browser, and fails where there has to be one. */
function describeBrowser(name: string, tests: () => void): void {
  const missing = !existsSync(CHROMIUM);
  const describeOrSkip = missing && process.env.CI !== 'true' ? describe.skip : describe;
  describeOrSkip(name, () => {
    if (missing) {
      test('Chromium is there', () => {
        throw new Error(`no Chromium at ${CHROMIUM}, which CHROMIUM names, and CI=true asks for one`);
      });
    } else {
      tests();
    }
  });
}

describeBrowser('the stats page', () => {
  useServer();

  let browser: Browser;
  let page: Page;
  /** What the page has thrown. */
  let errors: Error[];
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  });
  afterEach(async () => {
    await page.context().close();
    expect(errors).toEqual([]);
  });
  afterAll(() => browser.close());

  /** Makes a tab of its own, and does what has to be done before it loads the page. */
  async function open(options: BrowserContextOptions = {}, before?: () => unknown): Promise<void> {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
    page = await context.newPage();
    errors = [];
    page.on('pageerror', (error) => errors.push(error));
    await before?.();
    await visit(`http://127.0.0.1:${String(statsPort)}/`);
  }

  /** Opens a page, again where the browser was so late with its request that it was taken for silence. */
  async function visit(url: string): Promise<void> {
    try {
      await page.goto(url);
    } catch (error) {
      if (!String(error).includes('ERR_INVALID_HTTP_RESPONSE')) throw error;
      await visit(url);
    }
  }

  const text = async (selector: string) => (await page.locator(selector).textContent()) ?? '';
  const says = (selector: string, pattern: RegExp) => page.locator(selector).filter({ hasText: pattern }).waitFor();
  const evaluate = (expression: string) => page.evaluate<unknown>(expression);
  /** Has the page get this in place of the server's data. */
  const answerWith = (json: unknown) => page.route(DATA, (route) => route.fulfill({ json }));

  test('shows the requests that come', async () => {
    await serve({ WORKERS: '1' }, routes);
    await open();
    const count = async () => Number(await text('tr[data-worker="1"] [data-value="requests"]'));
    const rate = async () => parseFloat(await text('#requests [data-value="requests"]'));
    await says('#status', /^Connected$/);
    const before = await count();
    await Promise.all(Array.from({ length: 20 }, () => get()));
    await eventually(async () => (await count()) >= before + 20 || undefined);
    await eventually(async () => {
      await get();
      return (await rate()) > 0 || undefined;
    });
  });

  test('draws four charts with nothing from elsewhere, within its policy', async () => {
    const server = await serve();
    const origins = new Set<string>();
    const said: string[] = [];
    await open({}, () => {
      page.on('request', (request) => request.url() !== 'data:,' && origins.add(new URL(request.url()).origin));
      // A violation of the policy comes here, too.
      page.on('console', (message) => said.push(message.text()));
    });
    await says('#memory [data-value="rss-2"]', /MB/);
    expect(await page.locator('figure canvas').count()).toBe(4);
    expect([...origins]).toEqual([`http://127.0.0.1:${String(statsPort)}`]);
    expect(said).toEqual([]);
    // The browser's connections do not hold up the end.
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  test('says that the server is gone, and is back', async () => {
    const server = await serve();
    await open();
    await says('#status', /^Connected$/);
    server.kill('SIGTERM');
    await server.exited;
    await says('#status', /Connection lost \d+ s ago: trying again/);
    expect(await text('#memory .when')).toBe('last known');
    await serve();
    await says('#status', /^Connected$/);
    expect(await text('#memory .when')).toBe('now');
  });

  test('a server that hangs is gone, too', async () => {
    await serve();
    await open();
    await says('#status', /^Connected$/);
    await page.route(DATA, () => undefined);
    await says('#status', /Connection lost/);
    await page.unrouteAll();
    await says('#status', /^Connected$/);
  });

  test('is content with any data', async () => {
    await serve();
    await open({}, () => answerWith({ name: 'nothing', interval: 50, samples: [], workers: [] }));
    await says('h1', /nothing/);
    await page.locator('#latency .plot').press('ArrowLeft');
    await page.locator('#latency .plot').hover();
    await answerWith(data);
    await says('#latency [data-value="p99"]', /^300 ms$/);
    expect(await page.locator('#memory li').allTextContents()).toEqual([
      'worker 1 50 MB',
      'worker 2 60 MB',
      'worker 3 none',
    ]);
    await answerWith({ interval: 50 });
    await says('#latency [data-value="p99"]', /^none$/);
    // The answer behind it is asked for when this one has been shown.
    await page.waitForRequest(DATA);
    expect(await text('#status')).toBe('Connected');
  });

  test('keys go through a chart, and what is there is said; else nothing is', async () => {
    await serve();
    await open({}, () => answerWith(data));
    const plot = page.locator('#latency .plot');
    const said = () => text('#latency .said');
    await says('#latency [data-value="p99"]', /^300 ms$/);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await evaluate('document.activeElement.closest("figure").id')).toBe('latency');
    expect(await said()).toBe('');
    await plot.press('ArrowLeft');
    expect(await said()).toMatch(/^\d\d:\d\d:\d\d: p50 none, p95 none, p99 none$/);
    expect(await text('#latency [data-value="p99"]')).toBe('none');
    expect(await text('#errors .when')).toBe((await said()).slice(0, 8));
    await plot.press('End');
    expect(await said()).toMatch(/^\d\d:\d\d:\d\d: p50 1.5 ms, p95 20 ms, p99 300 ms$/);
    await plot.press('Escape');
    expect(await said()).toMatch(/^now: /);
    expect(await text('#latency .when')).toBe('now');
  });

  test.each([360, 800, 1200])('fits a screen that is %d px wide', async (width) => {
    await serve();
    await open({ viewport: { width, height: 780 } });
    await says('tr[data-worker="2"] [data-value="rss"]', /MB/);
    expect(await evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(await evaluate('document.querySelector("canvas").clientWidth')).toBeLessThan(width);
  });

  test('has charts that follow the width of the screen', async () => {
    await serve();
    await open();
    await says('#status', /^Connected$/);
    await page.setViewportSize({ width: 360, height: 780 });
    const follow = 'document.documentElement.scrollWidth === 360 && document.querySelector("canvas").clientWidth < 360';
    await eventually(async () => (await evaluate(follow)) === true || undefined);
  });

  test('is dark where the user has it so, the charts with it', async () => {
    await serve();
    // No data comes again, with which the charts would be drawn anew anyway.
    await open({ colorScheme: 'light' }, () => answerWith({ ...data, interval: 60_000 }));
    const look = async () => [
      await evaluate('getComputedStyle(document.documentElement).backgroundColor'),
      await evaluate('document.querySelector("canvas").toDataURL()'),
    ];
    await says('#latency [data-value="p99"]', /^300 ms$/);
    const [back, chart] = await look();
    await page.emulateMedia({ colorScheme: 'dark' });
    await eventually(async () => {
      const [darkBack, darkChart] = await look();
      return (darkBack !== back && darkChart !== chart) || undefined;
    });
  });

  const { SCREENSHOT } = process.env;
  if (SCREENSHOT !== undefined) {
    test('has its picture taken, when load of five minutes has filled its charts', async () => {
      await serve({ WORKERS: '4', ACCESS_LOG: 'off' }, routes);
      await open({ colorScheme: 'light' });
      let sent = 0;
      const load = setInterval(() => {
        const count = 4 + 3 * Math.sin(Date.now() / 25_000) + Math.random();
        for (let i = 0; i < count; i += 1) {
          sent += 1;
          const path = sent % 61 === 0 ? '/missing' : sent % 397 === 0 ? '/fails' : sent % 3 === 0 ? '/slow' : '/';
          // Some are in flight when the server is ended.
          get(path).catch(() => undefined);
        }
      }, 50);
      const full = async (response: Response) =>
        response.url().endsWith('/data.json') && ((await response.json()) as typeof data).samples.length >= 150;
      await page.waitForResponse(full, { timeout: 330_000 });
      await page.screenshot({ path: SCREENSHOT });
      clearInterval(load);
    }, 360_000);
  }
});
