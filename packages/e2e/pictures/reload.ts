// Measures reloads of the development server, and each of their steps.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import ts from 'typescript';
import { median } from '../../quayside/bench/compare/statistics';
import { still } from '../../quayside/bench/reload/processes';
import { fetch } from '../../quayside/harness/fetch';
import { freePorts } from '../../quayside/harness/ports';
import { run } from '../../quayside/harness/run';
import { program } from '../../quayside/harness/paths';
import { copyTemplate, read, removeTemplate } from '../harness/template';
import { clock, TRACE, type Mark } from './reload-trace';

/** How many saves there are. */
export const SAVES = 30;
/** Between an answer and the next request, in ms. */
const ASK_MS = 5;
/** How long the server has to be still before a save, in ms. */
const STILL_MS = 500;

/** From when until when, in ms from the save. */
export type Span = [number, number];

/** A save, step by step. All times are in ms from the save. */
export interface Reload {
  /** When the server knows of the change, and waits for no more of them. */
  seen: number;
  /** When the process of the old code has ended. */
  oldEnded: number;
  /** When the next process is told to load the service, and when it serves. */
  loading: Span;
  compiling: Span;
  /** When the first answer of the new code is there. */
  answered: number;
  /** The requests: one after the other, and whether the new code answered. */
  requests: { span: Span; isNew: boolean }[];
  /** When the process that starts in the background stands ready. */
  spareReady: number;
  checking: Span;
}

export interface Reloads {
  /** The one whose time to the answer is the median, or just above it. */
  typical: Reload;
  /** To the first answer, of all, in ms. */
  times: { median: number; least: number; most: number };
}

/** Saves an edit so often, and waits each time until all that follows from it is done. */
export async function measureReloads(): Promise<Reloads> {
  const dir = copyTemplate();
  const traceDir = mkdtempSync(join(tmpdir(), 'identidock-trace-'));
  const trace = join(traceDir, 'marks');
  const preload = join(traceDir, 'reload-trace.js');
  writeFileSync(trace, '');
  writeFileSync(preload, transpiled(join(__dirname, 'reload-trace.ts')));
  const [port] = (await freePorts(1)) as [number];
  const source = read('app/identidock.ts');
  const service = join(dir, 'app/identidock.ts');
  writeFileSync(service, source);
  const server = run(process.execPath, {
    args: [program, 'dev', 'app/identidock.ts'],
    cwd: dir,
    env: { PORT: String(port), INSPECT_PORT: 'off', [TRACE]: trace, NODE_OPTIONS: `--require=${preload}` },
  });
  try {
    await server.line(/serving after/);
    const reloads: Reload[] = [];
    for (let save = 0; save <= SAVES; save += 1) {
      await still(server.pid, STILL_MS);
      writeFileSync(trace, '');
      const answer = `Hello ${String(save)}!\n`;
      const since = clock();
      writeFileSync(service, source.replace('Hello Docker!', answer.trim()));
      const requests = await requestUntil(port, answer, since);
      await still(server.pid, STILL_MS);
      const marks = readFileSync(trace, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Mark);
      // The first one warms up.
      if (save > 0) reloads.push(reloadOf(marks, requests, since));
    }
    return summed(reloads);
  } finally {
    server.kill('SIGTERM');
    await server.closed;
    removeTemplate(dir);
    rmSync(traceDir, { recursive: true });
  }
}

/** Asks again and again, until the awaited answer is there. */
async function requestUntil(port: number, answer: string, since: number): Promise<Reload['requests']> {
  const requests: Reload['requests'] = [];
  for (;;) {
    const sent = clock() - since;
    const { body } = await fetch(port);
    const isNew = body === answer;
    requests.push({ span: [sent, clock() - since], isNew });
    if (isNew) return requests;
    await pause(ASK_MS);
  }
}

/** Puts together what the processes have noted. */
function reloadOf(marks: Mark[], requests: Reload['requests'], since: number): Reload {
  const find = (what: string, role = 'quayside', pid?: number) => {
    const found = marks.find((mark) => mark.what === what && mark.role === role && (pid ?? mark.pid) === mark.pid);
    if (found === undefined) throw new Error(`no process has noted "${what}":\n${JSON.stringify(marks)}`);
    return { pid: found.pid, at: found.at - since };
  };
  const old = find('send drain');
  const next = find('send begin');
  return {
    seen: old.at,
    oldEnded: find('close', 'quayside', old.pid).at,
    loading: [next.at, find('hear serving', 'quayside', next.pid).at],
    compiling: [find('compiles', 'compiler').at, find('has compiled', 'compiler').at],
    answered: requests.at(-1)?.span[1] ?? NaN,
    requests,
    spareReady: find('hear ready').at,
    checking: [find('send check').at, find('has checked', 'types').at],
  };
}

function summed(reloads: Reload[]): Reloads {
  const sorted = reloads.toSorted((a, b) => a.answered - b.answered);
  const times = sorted.map(({ answered }) => answered);
  const typical = sorted[Math.floor(sorted.length / 2)];
  if (typical === undefined) throw new Error('nothing was saved');
  return { typical, times: { median: median(times), least: Math.min(...times), most: Math.max(...times) } };
}

/** @returns JavaScript that Node.js takes before it runs anything else */
function transpiled(path: string): string {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023, esModuleInterop: true };
  return ts.transpileModule(readFileSync(path, 'utf8'), { compilerOptions }).outputText;
}
