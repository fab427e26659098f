// A script beside the load, which is told by lines what to do, and answers by lines.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** One run of a script. */
export class Client {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly lines: AsyncIterator<string>;

  /**
   * @param container - the load's
   * @param script - a file of bench/stacks that ends when its input does
   */
  constructor(
    container: string,
    private readonly script: string,
  ) {
    const args = ['exec', '--interactive', container, 'node', script];
    this.child = spawn('docker', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  tell(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }

  /** Tells it a line, and waits for the one that it answers. @throws Error if it ends instead */
  async ask(line: string): Promise<string> {
    this.tell(line);
    const next = await this.lines.next();
    if (next.done === true) throw new Error(`${this.script} ended when told ${line}`);
    return next.value;
  }

  end(): void {
    this.child.stdin.end();
  }
}
