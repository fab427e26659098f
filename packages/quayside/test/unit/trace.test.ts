import { parseTraceparent } from '../../src/http/trace';

const trace_id = '0af7651916cd43dd8448eb211c80319c';
const span_id = 'b7ad6b7169203331';

test.each([
  ['00', `00-${trace_id}-${span_id}-01`],
  ['not sampled', `00-${trace_id}-${span_id}-00`],
  ['flags that nobody knows yet', `00-${trace_id}-${span_id}-fe`],
  ['a version to come', `cc-${trace_id}-${span_id}-01`],
  ['a version to come, with what it adds', `01-${trace_id}-${span_id}-01-what-it-adds`],
])('%s', (_, header) => {
  expect(parseTraceparent(header)).toEqual({ trace_id, span_id });
});

test.each([
  ['nothing', ''],
  ['version ff', `ff-${trace_id}-${span_id}-01`],
  ['version 00 with more', `00-${trace_id}-${span_id}-01-more`],
  ['version 00 with a dash', `00-${trace_id}-${span_id}-01-`],
  ['a version to come with more that is not set off', `01-${trace_id}-${span_id}-01more`],
  ['no version', `${trace_id}-${span_id}-01`],
  ['a short version', `0-${trace_id}-${span_id}-01`],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${span_id}-01`],
  ['a span of zeros', `00-${trace_id}-${'0'.repeat(16)}-01`],
  ['a trace in upper case', `00-${trace_id.toUpperCase()}-${span_id}-01`],
  ['a span in upper case', `00-${trace_id}-${span_id.toUpperCase()}-01`],
  ['a version in upper case', `AA-${trace_id}-${span_id}-01`],
  ['flags in upper case', `00-${trace_id}-${span_id}-FE`],
  ['a short trace', `00-${trace_id.slice(1)}-${span_id}-01`],
  ['a long span', `00-${trace_id}-${span_id}0-01`],
  ['no hexadecimal', `00-${trace_id.replace('0', 'g')}-${span_id}-01`],
  ['no flags', `00-${trace_id}-${span_id}`],
  ['one flag', `00-${trace_id}-${span_id}-1`],
  ['a line break behind it', `00-${trace_id}-${span_id}-01\n`],
  ['two headers', `00-${trace_id}-${span_id}-01, 00-${trace_id}-${span_id}-01`],
  ['two headers of a version to come', `01-${trace_id}-${span_id}-01, 01-${trace_id}-${span_id}-01`],
])('%s is invalid', (_, header) => {
  expect(parseTraceparent(header)).toBeUndefined();
});
