// A real npm registry on 127.0.0.1: Verdaccio, which hands on the machine's own registry's packages.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../quayside/harness/ports';
import { run } from '../../quayside/harness/run';

/** Runs a command to its end. @returns its output @throws Error where its exit code is not 0 */
export async function succeed(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const running = run(command, { args, cwd, env });
  const { code } = await running.exited;
  await running.closed;
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')}: exit code ${String(code)}:\n${running.output()}`);
  return running.output();
}

const config = (upstream: string) => `
storage: ./storage
uplinks:
  upstream: { url: '${upstream}', cache: false, maxage: 30m, timeout: 60s, max_fails: 10 }
packages:
  quayside: { access: $all, publish: $anonymous }
  create-quayside: { access: $all, publish: $anonymous }
  '**': { access: $all, proxy: upstream }
web: { enable: false }
log: { type: stdout, format: pretty, level: warn }
`;

/**
 * Installs Verdaccio in a folder, and starts it.
 * @returns the environment in which npm takes it, with a cache of its own
 */
export async function startRegistry(dir: string): Promise<NodeJS.ProcessEnv> {
  mkdirSync(dir);
  for (const name of ['package.json', 'package-lock.json']) {
    copyFileSync(join(__dirname, 'verdaccio', name), join(dir, name));
  }
  await succeed('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], dir, process.env);

  const upstream = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  writeFileSync(join(dir, 'config.yaml'), config(upstream));
  const [port] = await freePorts(1);
  const address = `127.0.0.1:${String(port)}`;
  const server = run(join(dir, 'node_modules/.bin/verdaccio'), {
    args: ['--config', 'config.yaml', '--listen', address],
    cwd: dir,
    env: process.env,
  });
  await server.line(/http address - http:/);

  // npm publishes with a token alone, also to who asks for none.
  writeFileSync(join(dir, 'npmrc'), `//${address}/:_authToken=anonymous\n`);
  return {
    ...process.env,
    npm_config_registry: `http://${address}/`,
    npm_config_userconfig: join(dir, 'npmrc'),
    npm_config_cache: join(dir, 'cache'),
    npm_config_update_notifier: 'false',
  };
}
