// Entry of the type checker. It runs after a change is served, so no reload waits for it, and is cancelled by the next one.
import { setImmediate as turn } from 'node:timers/promises';
import type * as TypeScript from 'typescript';
import { hasColour } from '../process/colour';
import { createLog } from '../process/log';
import { ignoreSignals } from '../process/signals';
import { configOrExit } from '../settings/config';
import type { ToTypes } from './messages';
import { requireOf } from './peers';
import { stampOf, tsconfigOf } from './nearest';

ignoreSignals();
const [, , file = ''] = process.argv;
const ts = requireOf(file)('typescript') as typeof TypeScript;
const log = createLog(configOrExit('development'));
const format: TypeScript.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => process.cwd(),
  getNewLine: () => '\n',
};
const formatted = hasColour() ? ts.formatDiagnosticsWithColorAndContext : ts.formatDiagnostics;

type Program = TypeScript.SemanticDiagnosticsBuilderProgram;

/**
 * As in tsc: JSDoc comments take memory and do not affect errors. A number, because TypeScript has the name only from 5.3
 * on.
 */
const PARSE_FOR_TYPE_ERRORS = 2;

/** The change that is or was checked; undefined once there was another. */
let current: number | undefined;
/** The last completely checked program, to compare the next with. */
let last: Program | undefined;
let lastOptions = '';
let hadErrors = false;

/** Parsed files, each kept until it changes. */
const sources = new Map<string, { stamp: string; source: TypeScript.SourceFile | undefined }>();

/** Reads tsconfig.json and its files, as far as they have changed. */
function createProgram(): Program {
  const problems: TypeScript.Diagnostic[] = [];
  const parsed = ts.getParsedCommandLineOfConfigFile(
    tsconfigOf(file) ?? 'tsconfig.json',
    { noEmit: true },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (problem) => problems.push(problem) },
  );
  const options = parsed?.options ?? {};
  const allOptions = JSON.stringify(options);
  if (allOptions !== lastOptions) {
    // They also affect how files are parsed.
    lastOptions = allOptions;
    sources.clear();
    last = undefined;
  }
  const host = ts.createIncrementalCompilerHost(options);
  Object.assign(host, { jsDocParsingMode: PARSE_FOR_TYPE_ERRORS });
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (path, ...how) => {
    const stamp = stampOf(path);
    if (stamp === '') return undefined;
    let known = sources.get(path);
    if (known?.stamp !== stamp) {
      known = { stamp, source: read(path, ...how) };
      sources.set(path, known);
    }
    return known.source;
  };
  // A module that was missing may have been installed.
  host.hasInvalidatedResolutions = () => true;
  const errors = [...(parsed?.errors ?? []), ...problems];
  const program = ts.createSemanticDiagnosticsBuilderProgram(parsed?.fileNames ?? [], options, host, last, errors);
  const used = new Set(program.getSourceFiles());
  for (const [path, { source }] of sources) if (source === undefined || !used.has(source)) sources.delete(path);
  return program;
}

/** Checks a change, unless another one comes. It collects errors in the same order as tsc. */
async function check(change: number): Promise<void> {
  const program = createProgram();
  const found = [...program.getConfigFileParsingDiagnostics(), ...program.getSyntacticDiagnostics()];
  if (found.length === 0) {
    found.push(...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics());
    do {
      // The message to give up may have arrived.
      await turn();
      if (current !== change) return;
    } while (program.getSemanticDiagnosticsOfNextAffectedFile() !== undefined);
    found.push(...program.getSemanticDiagnostics());
  }
  last = program;
  report(ts.sortAndDeduplicateDiagnostics(found));
  // Garbage of the check would stay until the next one: some 30 MB.
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

function report(errors: readonly TypeScript.Diagnostic[]): void {
  if (errors.length > 0) log.error(`types: ${String(errors.length)} wrong\n${advised(formatted(errors, format))}`);
  else if (hadErrors) log.info('types: all right again');
  hadErrors = errors.length > 0;
}

/** TypeScript advises to install missing types as devDependencies, which an image does not install. */
function advised(text: string): string {
  const advice = text.replaceAll('npm i --save-dev @types/', 'npm i @types/');
  if (advice === text) return text;
  return `${advice}Keep types in dependencies: an image has no devDependencies, and development in it checks types, too.\n`;
}

process.on('message', (message: ToTypes) => {
  if (message.type === 'give up') current = undefined;
  else if (message.change !== current) {
    current = message.change;
    void check(current);
  }
});
// Without the development server, nobody would ever stop this process.
process.once('disconnect', () => process.exit());
