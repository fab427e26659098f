// Before the tests: compiles what they run.
import { execFileSync } from 'node:child_process';
import { quayside } from './paths';

export default function build(): void {
  execFileSync('npm', ['run', 'build'], { cwd: quayside, stdio: ['ignore', 'ignore', 'inherit'] });
}
