// Records the first seconds with the template: the development server starts, an edit is saved, and the next answer is new.
import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { eventually } from '../../quayside/harness/eventually';
import { freePorts } from '../../quayside/harness/ports';
import { copyTemplate, read, removeTemplate } from '../harness/template';
import { plain, type Line, type Recording } from './terminal';

const exec = promisify(execFile);

/** How long a key takes; and how long somebody looks at what is there before going on, in ms. */
const KEY_MS = 35;
const LOOK_MS = 900;
/** The port that is shown. */
const PORT = '5000';

/** Runs it all in a copy of the project, on ports that are free. */
export async function record(): Promise<Recording> {
  const dir = copyTemplate();
  writeFileSync(join(dir, 'app/identidock.ts'), read('app/identidock.ts'));
  const [port, inspectPort] = (await freePorts(2)).map(String) as [string, string];
  // npm hands its settings on, as --silent, and would apply them to the other npm.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
  const env = { ...Object.fromEntries(inherited), PORT: port, INSPECT_PORT: inspectPort, FORCE_COLOR: '1' };
  const began = performance.now();
  const now = () => performance.now() - began;
  const lines: Line[] = [];
  const write = (terminal: Line['terminal'], text: string, note?: string) => {
    lines.push({ terminal, text: text.replaceAll(port, PORT), at: now(), ...(note !== undefined && { note }) });
  };
  const type = async (terminal: Line['terminal'], command: string, note: string) => {
    const line: Line = { terminal, text: `$ ${command}`, at: now(), note };
    lines.push(line);
    await pause(LOOK_MS);
    const from = now();
    await pause(command.length * KEY_MS);
    line.typed = [from, now()];
  };
  const logged = (pattern: RegExp) =>
    eventually(() => lines.find(({ terminal, text }) => terminal === 0 && pattern.test(plain(text))));
  const run = async (command: string, note: string, answerNote?: string) => {
    await type(1, command, note);
    const { stdout } = await exec('sh', ['-c', command.replace(PORT, port)], { cwd: dir });
    for (const text of stdout.split('\n').slice(0, -1)) write(1, text, answerNote);
  };

  await type(0, 'npm run dev', 'start the server');
  const server = spawn('npm', ['run', 'dev'], { cwd: dir, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise((resolve) => server.once('close', resolve));
  try {
    createInterface({ input: server.stdout }).on('line', (text) => {
      write(0, text);
    });
    await logged(/serving after/);
    await run('curl localhost:5000', 'ask it');
    await run("sed -i 's/Hello Docker!/Hello again!/' app/identidock.ts", 'edit the code');
    const reloaded = await logged(/serving after .*identidock\.ts/);
    reloaded.note = 'it loads the edit by itself';
    await run('curl localhost:5000', 'ask again', 'the new code answers');
    await eventually(() => lines.filter(({ text }) => plain(text).includes('GET /')).length === 2 || undefined);
  } finally {
    if (server.pid !== undefined) process.kill(-server.pid, 'SIGINT');
    await closed;
    removeTemplate(dir);
  }
  // npm sets its banner apart by empty lines: they only take room.
  return {
    title: 'npm run dev starts the server; an edit is saved, and the next answer is that of the new code',
    names: ['Terminal 1: the development server', 'Terminal 2'],
    lines: lines.filter(({ text }) => text !== ''),
  };
}
