// A debugger as an editor's is: a client of Node's inspector that knows the sources by the scripts' source maps.
import inspector, { type Client } from 'chrome-remote-interface';
import { once, type EventEmitter } from 'node:events';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { eventually } from './eventually';

interface Location {
  scriptId: string;
  lineNumber: number;
  columnNumber: number;
}

export class Debugger {
  private readonly maps = new Map<string, SourceMap>();

  private constructor(readonly client: Client) {
    client.on('Debugger.scriptParsed', ({ scriptId, url, sourceMapURL }) => {
      const [, data] = /^data:application\/json[^,]*;base64,(.*)$/.exec(sourceMapURL ?? '') ?? [];
      if (data === undefined) return;
      const map = JSON.parse(Buffer.from(data, 'base64').toString()) as SourceMapPayload;
      map.sources = map.sources.map((source) => new URL(source, url).href);
      this.maps.set(scriptId, new SourceMap(map));
    });
  }

  /** Attaches to an inspector, as soon as there is one. */
  static async attach(port: number): Promise<Debugger> {
    const attached = new Debugger(await eventually(() => inspector({ host: '127.0.0.1', port })));
    await attached.client.Runtime.enable();
    await attached.client.Debugger.enable({});
    return attached;
  }

  /** Sets a breakpoint by the source's URL and line, which counts from 1. */
  async breakAt(url: string, line: number): Promise<void> {
    for (const [scriptId, map] of this.maps) {
      if (!map.payload.sources.includes(url)) continue;
      for (let lineNumber = 0; lineNumber < 1000; lineNumber += 1) {
        const origin = map.findEntry(lineNumber, Infinity);
        if (!('originalLine' in origin) || origin.generatedLine !== lineNumber || origin.originalLine !== line - 1)
          continue;
        await this.client.Debugger.setBreakpoint({ location: { scriptId, lineNumber } });
        return;
      }
    }
    throw new Error(`no script comes from line ${String(line)} of ${url}`);
  }

  /** Waits until it is paused, and says where in the source. */
  async paused(): Promise<{ url: string; line: number }> {
    const emitter = this.client as unknown as EventEmitter;
    const [{ callFrames }] = (await once(emitter, 'Debugger.paused')) as [{ callFrames: [{ location: Location }] }];
    const { scriptId, lineNumber, columnNumber } = callFrames[0].location;
    const origin = this.maps.get(scriptId)?.findEntry(lineNumber, columnNumber);
    if (origin === undefined || !('originalLine' in origin)) throw new Error('paused where no source is');
    return { url: origin.originalSource, line: origin.originalLine + 1 };
  }

  async resume(): Promise<void> {
    await this.client.Debugger.resume({});
  }
}
