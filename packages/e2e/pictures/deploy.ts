// Deploys once on one machine under constant load, and notes what happens to the containers and to the requests.
import { run } from '../../quayside/harness/run';
import type { Ended } from '../deploy/load';
import { MachineTrial } from '../deploy/machine-trial';

/** How many requests are answered before the deploy, and after it. */
const AROUND = 400;
/** How many clients send at the same time. */
export const CLIENTS = 24;

/** A container, by what the engine says of it: when it was started, and so on, in s from the deploy's beginning. */
export interface Life {
  /** Undefined of one that ran before. */
  started?: number;
  healthy?: number;
  /** When it was told to stop. */
  told?: number;
  ended?: number;
}

/** A deploy. All times are in s from its beginning. */
export interface Deploy {
  old: Life;
  trial: Life;
  next: Life;
  /** When deploy/rollout had ended. */
  done: number;
  requests: { endedAt: number; version: string | undefined }[];
}

interface DockerEvent {
  Action: string;
  timeNano: number;
  Actor: { Attributes: { name: string } };
}

/** Deploys the second version over the first. */
export async function measureDeploy(): Promise<Deploy> {
  const trial = new MachineTrial();
  try {
    const { code, output } = await trial.start(['second']);
    if (code !== 0) throw new Error(output);
    const { name } = trial.checkout;
    const label = `label=com.docker.compose.project=${name}`;
    const filters = ['--filter', label, '--filter', 'type=container'];
    const events = run('docker', { args: ['events', ...filters, '--format', 'json'], env: process.env });
    const ended: Ended[] = [];
    const load = trial.startLoad(CLIENTS, (one) => ended.push(one));
    await load.more(AROUND);
    const began = performance.now();
    const deploy = await trial.deploy('second');
    const done = performance.now();
    await load.more(AROUND);
    await load.stop();
    if (deploy.code !== 0) throw new Error(deploy.output);
    await events.line(/"Action":"destroy".*-identidock-1"/);
    events.kill('SIGKILL');
    await events.closed;

    const inSeconds = (time: number) => (time - began) / 1000;
    const lives = livesOf(events.output(), (time) => inSeconds(time - performance.timeOrigin));
    const find = (end: string) => {
      const life = lives.get(`${name}-${end}`);
      if (life === undefined) throw new Error(`the engine has not told of ${end}:\n${events.output()}`);
      return life;
    };
    return {
      old: find('identidock-1'),
      trial: find('canary'),
      next: find('identidock-2'),
      done: inSeconds(done),
      requests: ended.map(({ endedAt, version }) => ({ endedAt: inSeconds(endedAt), version })),
    };
  } finally {
    await trial.end();
  }
}

/** @returns what has happened to each container, by its name */
function livesOf(events: string, at: (epochMs: number) => number): Map<string, Life> {
  const lives = new Map<string, Life>();
  const keys: Record<string, keyof Life> = {
    start: 'started',
    'health_status: healthy': 'healthy',
    kill: 'told',
    die: 'ended',
  };
  for (const line of events.split('\n').filter((text) => text.startsWith('{'))) {
    const { Action: action, timeNano, Actor: actor } = JSON.parse(line) as DockerEvent;
    const { name } = actor.Attributes;
    const life = lives.get(name) ?? {};
    lives.set(name, life);
    const key = keys[action];
    if (key !== undefined) life[key] ??= at(timeNano / 1e6);
  }
  return lives;
}
