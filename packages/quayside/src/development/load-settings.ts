// Entry of the process that loads a service's settings file, for development, in the same way as a worker.
import { reportSettings } from '../process/service-settings';
import { ignoreSignals } from '../process/signals';
import { awaitCompiler } from './compiled';
import { isTypeScript, requireOf } from './peers';

const [, , service = '', file = ''] = process.argv;

ignoreSignals();
reportSettings(() => {
  const requireIt = requireOf(service);
  const compiler = isTypeScript(service) ? awaitCompiler() : undefined;
  for (const module of compiler?.register() ?? []) requireIt(module);
  requireIt(file);
});
