// Entry of the process that compiles for the workers. Only this process loads ts-node and TypeScript; it survives reloads.
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Service as TsNode } from 'ts-node';
import { hasColour } from '../process/colour';
import { asError } from '../process/failure';
import { ignoreSignals } from '../process/signals';
import type { Compiled, News, Output, Source, ToCompiler } from './messages';
import { requireOf } from './peers';
import { isModule, manifestOf, stampOf, tsconfigOf } from './nearest';

ignoreSignals();
const [, , file = ''] = process.argv;
const tsNode = requireOf(file)('ts-node') as typeof import('ts-node');
const { sys } = requireOf(file)('typescript') as typeof import('typescript');

/** ts-node's service, with what its types omit. */
type Service = TsNode & { configFilePath?: string; extensions: { compiled: string[] } };

/** ts-node as configured by a tsconfig.json, and its output for each file. */
interface SetUp {
  service: Service;
  outputs: Map<string, Output>;
  /** The tsconfig.json and those that it extends. */
  configs: string[];
  stamp: string;
}

let setUp: SetUp | undefined;

/**
 * @returns ts-node for the current tsconfig.json
 * @throws whatever is wrong with tsconfig.json
 */
function current(): SetUp {
  const project = process.env.TS_NODE_PROJECT ?? tsconfigOf(file);
  const stamp = (configs: string[]) => stampOf(project, manifestOf(file), ...configs);
  if (setUp?.stamp === stamp(setUp?.configs ?? [])) return setUp;
  setUp = undefined;
  const configs = new Set<string>();
  const service = tsNode.create({
    transpileOnly: true,
    pretty: hasColour(),
    // Otherwise ts-node would search from the working directory.
    ...(project !== undefined && { project }),
    readFile: (path) => {
      configs.add(path);
      return sys.readFile(path);
    },
  }) as Service;
  setUp = { service, outputs: new Map(), configs: [...configs], stamp: stamp([...configs]) };
  return setUp;
}

/** @returns what a worker needs to know about the project; null if its stamp shows that it already knows */
function greet(known?: string): News {
  try {
    const { service, outputs, stamp } = current();
    if (stamp === known) return null;
    const { preferTsExts, ignore, skipIgnore, require } = service.options;
    for (const path of outputs.keys()) if (!existsSync(path)) outputs.delete(path);
    return {
      stamp,
      extensions: service.extensions.compiled,
      isPreferred: preferTsExts === true,
      hasDependencies: skipIgnore === true || ignore !== undefined,
      preload: require ?? [],
      outputs: [...outputs.values()],
    };
  } catch (error) {
    return { error: asError(error).message };
  }
}

function compile({ path, code }: Source): Compiled {
  try {
    const { service, outputs } = current();
    if (service.ignored(path)) return {};
    let known = outputs.get(path);
    if (known?.code !== code) {
      if (isModule(path) && service.options.moduleTypes === undefined) return { error: notCommonJs(path) };
      known = { path, code, output: service.compile(code, path) };
      outputs.set(path, known);
    }
    return { output: known.output };
  } catch (error) {
    return { error: asError(error).message };
  }
}

function notCommonJs(path: string): string {
  const todo = path.endsWith('.mts') ? 'Rename it to .ts' : 'Remove "type": "module" from package.json';
  return `${path} is an ES module: expected CommonJS. ${todo}`;
}

function serve(socket: Socket): void {
  const send = (message: News | Compiled) => socket.write(`${JSON.stringify(message)}\n`);
  let rest = '';
  // A worker may be killed at any time.
  socket.on('error', () => undefined);
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as ToCompiler;
      send('path' in message ? compile(message) : greet(message.stamp));
    }
  });
  send(greet());
}

process.on('message', (_message, socket?: Socket) => {
  if (socket !== undefined) serve(socket);
});
// Without the development server, nobody would ever stop this process.
process.once('disconnect', () => process.exit());
