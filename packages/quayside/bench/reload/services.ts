// The services that the loops serve, and the edits to save.
import { readFileSync } from 'node:fs';
import { fixture } from '../../harness/paths';
import { generate, readTemplate } from './large/generate';
import type { Size } from './options';

/** One edit of a file. */
export interface Edit {
  /** Below app/. */
  path: string;
  content: string;
  /** The response to `GET /` from then on. */
  answer: string;
}

export interface Service {
  /** Its name in the tables. */
  title: string;
  /** Below app/, by path. */
  files: Record<string, string>;
  /** @param n - counts the edits, from 1 */
  edit: (n: number) => Edit;
  /** Pauses between a response and the next save, in s, unless given in the options. */
  paces: number[];
}

function smallService(): Service {
  const root = readFileSync(fixture('identidock.ts'), 'utf8');
  return {
    title: 'small service, 1 module',
    files: { 'identidock.ts': root },
    edit: (n) => ({
      path: 'identidock.ts',
      content: root.replace('Hello Docker!', `Hello ${String(n)}!`),
      answer: `Hello ${String(n)}!\n`,
    }),
    paces: [0.2, 0.4, 0.7, 1, 1.5, 3],
  };
}

function largeService(): Service {
  const files = generate(readTemplate());
  const edited = [
    { path: 'shared/notice.ts', text: 'Hello harbour!' },
    { path: 'identidock.ts', text: 'Hello Docker!' },
  ] as const;
  return {
    title: `larger service, ${String(Object.keys(files).length)} modules`,
    files,
    edit: (n) => {
      const { path, text } = edited[n % 2 === 0 ? 1 : 0];
      const hello = (count: number) => `Hello ${String(count)}!`;
      const [root, leaf] = n % 2 === 0 ? [n, n - 1] : [n - 1, n];
      return {
        path,
        content: (files[path] ?? '').replace(text, hello(n)),
        answer: `${root === 0 ? edited[1].text : hello(root)}\n${hello(leaf)}\n`,
      };
    },
    paces: [0.4, 1.5],
  };
}

export const services: Record<Size, () => Service> = { small: smallService, large: largeService };
