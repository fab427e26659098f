// Before the process tests: compiles what they run.
import { execFileSync } from 'node:child_process';

export default function build(): void {
  execFileSync('node_modules/.bin/tsc', { stdio: 'inherit' });
}
