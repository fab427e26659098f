// The benchmark's output: a page and a plot.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { format } from 'prettier';
import { docker } from './engine';
import type { Report } from './results';
import { page, pageName } from './page';
import { plot } from './plot';
import { imageName, type Stack } from './stacks';

/** @returns the versions in the images */
function versions({ options, stacks, load }: Report): string[] {
  const version = (image: Stack['image'], ...command: string[]) => docker('run', '--rm', imageName(image), ...command);
  const express = `require('express/package.json').version`;
  const list = [`Node.js ${version('service', 'node', '-p', 'process.versions.node')}`];
  list.push(`Express ${version('service', 'node', '-p', express)}`);
  const isCompared = options.parts.includes('stacks');
  if (isCompared && stacks.some(({ image }) => image === 'seed')) {
    list.push(`uWSGI ${version('seed', 'uwsgi', '--version')}`);
    const flask = 'import importlib.metadata as m; print(m.version("flask"))';
    list.push(`Flask ${version('seed', 'python3', '-c', flask)}`, version('seed', 'python3', '--version'));
  }
  return [...list, load];
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const memory = `${(totalmem() / 1e9).toFixed(0)} GB`;
  const engine = docker('version', '--format', '{{.Server.Version}}');
  return `${String(availableParallelism())} CPUs (${model}), ${memory}, Linux ${release()}, Docker Engine ${engine}`;
}

/** Prints the page, and writes it and the plot to the folder in the options. */
export async function report(all: Report): Promise<void> {
  const text = await format(page(all, machine(), versions(all)), {
    parser: 'markdown',
    proseWrap: 'always',
    printWidth: 120,
  });
  console.log(text);
  const { options, stacks, compared } = all;
  if (options.out === undefined) return;
  mkdirSync(options.out, { recursive: true });
  const path = join(options.out, pageName(options));
  writeFileSync(`${path}.md`, text);
  if (compared !== undefined) writeFileSync(`${path}.svg`, plot(stacks, compared));
}
