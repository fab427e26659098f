// Runs the command in a folder of its own, against a registry that has only quayside.
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from '../../quayside/harness/run';

export const root = resolve(__dirname, '../../..');
export const bin = resolve(__dirname, '../bin/create-quayside.js');

/** The environment for npm. No scripts: quayside was compiled before the tests, and other tests are running it. */
export const npmEnv = { ...process.env, npm_config_ignore_scripts: 'true', npm_config_prefer_offline: 'true' };

export interface Ended {
  code: number | null;
  output: string;
}

/** Runs a command to its end. */
export async function ended(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  const running = run(command, { args, cwd, env });
  const { code } = await running.exited;
  await running.closed;
  return { code, output: running.output() };
}

/** Runs create-quayside. */
export const createQuayside = (args: string[], cwd: string, env: NodeJS.ProcessEnv = npmEnv): Promise<Ended> =>
  ended(process.execPath, [bin, ...args], cwd, env);

/** A new temporary folder, and a function that removes it. */
export function newFolder(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'create-quayside-test-'));
  return {
    dir,
    remove: () => {
      rmSync(dir, { recursive: true });
    },
  };
}

/** The files below a folder by path, each with its text and whether it is executable. */
export function filesIn(dir: string): Record<string, { text: string; executable: boolean }> {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(dir, name)).isFile(),
  );
  const read = (name: string) => ({
    text: readFileSync(join(dir, name), 'utf8'),
    executable: (statSync(join(dir, name)).mode & 0o111) !== 0,
  });
  return Object.fromEntries(files.sort().map((name) => [name, read(name)]));
}

export interface Registry {
  /** An environment in which npm uses this registry. */
  env: NodeJS.ProcessEnv;
  close: () => Promise<void>;
}

/** An npm registry that has these versions of quayside and nothing else. */
export async function registryWith(...versions: string[]): Promise<Registry> {
  const packument = {
    name: 'quayside',
    'dist-tags': { latest: versions.at(-1) },
    versions: Object.fromEntries(versions.map((version) => [version, { name: 'quayside', version, dist: {} }])),
  };
  const server = createServer((request, response) => {
    const has = request.url === '/quayside' && versions.length > 0;
    response.writeHead(has ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(has ? packument : { error: 'not found' }));
  });
  // So that it does not keep the tests running if one fails before close().
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  return {
    env: { ...npmEnv, npm_config_registry: url, npm_config_prefer_offline: 'false' },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
