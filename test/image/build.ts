// Before the image tests: looks for a Docker Engine, and builds the image that they run.
import { spawnSync } from 'node:child_process';
import { Checkout, ENGINE, IMAGE, production } from './docker';

export default async function build(): Promise<void> {
  const answers = [['info'], ['compose', 'version']].every((args) => spawnSync('docker', args).status === 0);
  if (!answers) {
    const required = process.env.CI === 'true' || process.env.REQUIRE_DOCKER === '1';
    process.env[ENGINE] = required ? 'missing' : 'absent';
    if (!required) console.warn('\nNo Docker Engine with Compose answers: the image tests are SKIPPED.\n');
    return;
  }
  process.env[ENGINE] = 'present';
  process.env[IMAGE] = `identidock-test-${String(process.pid)}`;
  const checkout = new Checkout();
  try {
    await checkout.compose([...production, 'build']);
  } finally {
    await checkout.remove();
  }
}
