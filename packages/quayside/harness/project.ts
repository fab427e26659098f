// A copy of the project that a test may edit.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';

export interface Project {
  dir: string;
  /** Writes app/identidock.ts anew, and what it compiles to. */
  replaceService: (source: string) => void;
  remove: () => void;
}

/**
 * Copies what a server runs from; the dependencies are linked.
 * @param source - of its app/identidock.ts
 */
export function copyProject(source = readFileSync('test/fixtures/identidock.ts', 'utf8')): Project {
  const dir = mkdtempSync(join(tmpdir(), 'identidock-'));
  for (const name of ['app', 'dist', 'cmd.sh', 'nodemon.json', 'tsconfig.json', 'package.json']) {
    cpSync(name, join(dir, name), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(dir, 'node_modules'));

  const fileName = join(dir, 'app/identidock.ts');
  const { compilerOptions } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)).config as {
    compilerOptions: object;
  };
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...compilerOptions, inlineSourceMap: true, sourceMap: false },
    '.',
  );
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
