// A script next to the load generator, which takes commands as lines and replies with lines.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** One run of a script. */
export class Client {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly lines: AsyncIterator<string>;

  /**
   * @param container - the load generator's
   * @param script - a file of bench/stacks that exits when its input ends
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

  /** Sends it a line, and waits for the reply. @throws Error if it ends instead */
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
