// A small project that quayside serves, and that a test may edit.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { fixture, root } from './paths';

export interface Project {
  dir: string;
  /** Writes app/identidock.ts anew, and what it compiles to. */
  replaceService: (source: string) => void;
  remove: () => void;
}

const manifest = {
  name: 'identidock',
  version: '1.2.3',
  scripts: { dev: 'exec quayside dev app/identidock.ts' },
};

const compilerOptions = {
  rootDir: 'app',
  target: 'es2023',
  module: 'node20',
  esModuleInterop: true,
  strict: true,
  isolatedModules: true,
  skipLibCheck: true,
  types: ['node'],
};

/**
 * Writes a project with app/identidock.ts and dist/identidock.js; the dependencies are linked.
 * @param source - of its app/identidock.ts
 */
export function writeProject(source = readFileSync(fixture('identidock.ts'), 'utf8')): Project {
  const dir = mkdtempSync(join(tmpdir(), 'quayside-'));
  for (const name of ['app', 'dist']) mkdirSync(join(dir, name));
  writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['app'] }));
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));

  const fileName = join(dir, 'app/identidock.ts');
  const { options } = ts.convertCompilerOptionsFromJson({ ...compilerOptions, inlineSourceMap: true }, dir);
  const replaceService = (text: string) => {
    const { outputText } = ts.transpileModule(text, { compilerOptions: options, fileName });
    writeFileSync(join(dir, 'dist/identidock.js'), outputText);
    writeFileSync(fileName, text);
  };
  replaceService(source);
  return {
    dir,
    replaceService,
    remove: () => {
      rmSync(dir, { recursive: true });
    },
  };
}

/** A service whose routes are the given statements, where `app` is the Express app. */
export const service = (routes: string) => `
import express from 'express';
export function createApp() {
  const app = express();
  ${routes}
  return app;
}
`;

/** The same, where the service is a promise. */
export const promisedService = (routes: string) => service(routes).replace('export function', 'export async function');
