// The doctor on a copy of the template, where there is no docker command: so its other findings are the same everywhere.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../quayside/harness/ports';
import { endAll, run } from '../../quayside/harness/run';
import { copyTemplate, read, removeTemplate } from './template';

/** The variables of the ports that Compose publishes, but for the proxy's. */
export const portVariables = [...read('.env.example').matchAll(/^(PUBLISH_\w*PORT)=/gm)]
  .map(([, name = '']) => name)
  .filter((name) => !read('docker-compose.proxy.yml').includes(name));

/** A project that a test may damage. */
export class Project {
  readonly dir = copyTemplate();
  /** Free ports, by variable. */
  ports: NodeJS.ProcessEnv = {};

  /** Changes a file of it. */
  edit(name: string, change: (text: string) => string): void {
    writeFileSync(join(this.dir, name), change(readFileSync(join(this.dir, name), 'utf8')));
  }

  /** Runs the doctor to its end. */
  async doctor(env: NodeJS.ProcessEnv = {}, args: string[] = []) {
    const noDocker = join(this.dir, 'empty');
    mkdirSync(noDocker, { recursive: true });
    const { exited, closed, output } = run(process.execPath, {
      args: [join(this.dir, 'doctor/main.js'), ...args],
      env: { PATH: noDocker, ...this.ports, ...env },
    });
    const { code } = await exited;
    await closed;
    const lines = output().split('\n');
    // Each finding with its remedy.
    const findings = output()
      .split(/\n(?! )/)
      .filter((finding) => /^(ok|wrong|note) /.test(finding));
    const wrong = findings.filter((finding) => finding.startsWith('wrong'));
    return { code, output: output(), lines, wrong };
  }
}

/** Gives each test of a file a project of its own. */
export function useProject(): () => Project {
  let project: Project | undefined;
  beforeEach(async () => {
    project = new Project();
    const free = await freePorts(portVariables.length);
    project.ports = Object.fromEntries(portVariables.map((name, index) => [name, String(free[index])]));
  });
  afterEach(async () => {
    await endAll();
    if (project !== undefined) removeTemplate(project.dir);
  });
  return () => {
    if (project === undefined) throw new Error('there is a project only while a test runs');
    return project;
  };
}
