// Before the tests: compiles quayside, and looks for a Docker Engine, of which it says once where there is none.
import { spawnSync } from 'node:child_process';
import build from '../../quayside/harness/build';
import { ENGINE } from './docker';

export default function engine(): void {
  build();
  const answers = [['info'], ['compose', 'version']].every((args) => spawnSync('docker', args).status === 0);
  const required = process.env.CI === 'true' || process.env.REQUIRE_DOCKER === '1';
  process.env[ENGINE] = answers ? 'present' : required ? 'missing' : 'absent';
  if (!answers && !required) console.warn('\nNo Docker Engine with Compose answers: the image tests are SKIPPED.\n');
}
