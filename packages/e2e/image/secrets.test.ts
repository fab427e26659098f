// A secret of Compose, read by the service as a setting from its file: where it is, and where it must not be.
import { createHash } from 'node:crypto';
import { chmodSync, createReadStream, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { execFileSync } from 'node:child_process';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { service } from '../../quayside/harness/project';
import { Checkout, describeImage, docker, logged, production } from '../harness/docker';

const secret = 'pa55-of-the-database';

const settings = `
  import { defineSettings, str, url } from 'quayside';
  export const settings = defineSettings({
    DATABASE_PASSWORD: str(),
    DATABASE_URL: url({ default: 'postgres://db/orders' }),
  });`;

/** Answers with a hash: that it knows the secret shows without showing it. */
const source = `
  import { createHash } from 'node:crypto';
  import { settings } from './settings.js';
  ${service(`
    app.get('/', (_req, res) => { res.send(createHash('sha256').update(settings.DATABASE_PASSWORD).digest('hex')); });
    app.get('/throw', () => { throw new Error('thrown'); });`)}`;

const override = `
services:
  identidock:
    environment:
      DATABASE_PASSWORD_FILE: /run/secrets/database_password
      DATABASE_URL_FILE:
    secrets: [database_password]
secrets:
  database_password:
    file: ./database_password
`;

describeImage('a secret of Compose', () => {
  const files = [...production, '-f', 'docker-compose.secret.yml'];
  let checkout: Checkout;
  let path: string;
  let env: NodeJS.ProcessEnv;
  let port: number;
  let id: string;

  beforeAll(async () => {
    checkout = new Checkout();
    writeFileSync(join(checkout.dir, 'app/settings.ts'), settings);
    writeFileSync(join(checkout.dir, 'app/identidock.ts'), source);
    writeFileSync(join(checkout.dir, 'docker-compose.secret.yml'), override);
    path = join(checkout.dir, 'database_password');
    // Before the build: it may not get into the image.
    writeFileSync(path, `${secret}\n`, { mode: 0o644 });
    const [own, statsPort] = (await freePorts(2)) as [number, number];
    port = own;
    env = {
      PUBLISH_ADDRESS: '127.0.0.1',
      PUBLISH_PORT: String(port),
      PUBLISH_STATS_PORT: String(statsPort),
      WORKERS: '2',
      LOG_LEVEL: 'trace',
    };
    await checkout.compose([...files, 'up', '--detach', '--wait'], env);
    id = await checkout.container();
  });
  afterAll(() => checkout.remove());

  test('the service knows it', async () => {
    const hash = createHash('sha256').update(secret).digest('hex');
    expect(await fetch(port)).toMatchObject({ status: 200, body: hash });
  });

  test('docker inspect and the environments of all processes show the path of its file alone', async () => {
    const seen = [await docker('inspect', id), await docker('exec', id, 'sh', '-c', 'cat /proc/[0-9]*/environ')];
    for (const text of seen) {
      expect(text).toContain('DATABASE_PASSWORD_FILE=/run/secrets/database_password');
      expect(text).not.toContain(secret);
    }
  });

  test('the log does not show it at any level, nor with an error', async () => {
    expect((await fetch(port, '/throw')).status).toBe(500);
    await logged(id, /thrown/);
    const log = await docker('logs', id);
    expect(log).toMatch(/"ready"/);
    expect(log).not.toContain(secret);
  });

  /** What docker compose run says of settings that are wrong. */
  async function refused(...options: string[]): Promise<string> {
    const run = checkout.compose([...files, 'run', '--rm', ...options, 'identidock'], env);
    const { code, stdout, stderr } = await run.then(
      () => ({ code: 0, stdout: '', stderr: '' }),
      (error: unknown) => error as { code: number; stdout: string; stderr: string },
    );
    expect(code).toBe(78);
    expect(stdout).not.toContain(secret);
    return stderr;
  }

  test('neither does a list of wrong settings', async () => {
    const list = await refused('-e', 'DATABASE_URL_FILE=/run/secrets/database_password');
    expect(list).toContain('  DATABASE_URL, from DATABASE_URL_FILE: expected a URL\n');
    expect(list).not.toContain(secret);
  });

  test('a file that the container’s user may not read is said, with the user', async () => {
    chmodSync(path, 0);
    expect(await refused()).toContain(
      '  DATABASE_PASSWORD_FILE: expected the path of a file that holds DATABASE_PASSWORD, ' +
        'but it cannot be read by user 1000, which the server runs as: EACCES\n',
    );
    chmodSync(path, 0o644);
  });

  test('the image does not hold it, in no layer', async () => {
    expect(await docker('image', 'inspect', checkout.image)).not.toContain(secret);
    expect(await docker('history', '--no-trunc', checkout.image)).not.toContain(secret);
    const dir = mkdtempSync(join(tmpdir(), 'identidock-'));
    try {
      await docker('save', '--output', join(dir, 'image.tar'), checkout.image);
      execFileSync('tar', ['-xf', 'image.tar'], { cwd: dir });
      rmSync(join(dir, 'image.tar'));
      const blobs = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const holding = async (text: string) => {
        const found = await Promise.all(blobs.map((blob) => holds(join(blob.parentPath, blob.name), text)));
        return found.filter(Boolean).length;
      };
      // What the layers do hold is found this way.
      expect(await holding('DATABASE_PASSWORD: ')).toBeGreaterThan(0);
      expect(await holding(secret)).toBe(0);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

/** @returns whether a file holds a text, compressed or not */
async function holds(path: string, text: string): Promise<boolean> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2);
  await file.close();
  let found = false;
  let tail = '';
  const search = new Transform({
    transform(chunk: Buffer, _encoding, then) {
      const all = tail + chunk.toString('latin1');
      found ||= all.includes(text);
      tail = all.slice(-text.length);
      then();
    },
  });
  const source = createReadStream(path);
  const isCompressed = buffer.readUInt16BE(0) === 0x1f8b;
  await (isCompressed ? pipeline(source, createGunzip(), search) : pipeline(source, search));
  return found;
}
